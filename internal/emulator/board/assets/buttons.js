// Buttons and menus: a click is sent to the bot as Slack would send it.
import { byId, fill, h, link, post, toast } from './dom.js';
import { text } from './blocks.js';

export function button(e, block, where) {
  const style = ['primary', 'danger'].includes(e.style) ? e.style : '';
  if (e.url) {
    const a = link(e.url, text(e.text));
    a.className = `button ${style}`;
    return a;
  }
  return h('button', {
    type: 'button', class: `button ${style}`, disabled: !where,
    onclick: (event) => click(event.currentTarget, e, block, where),
  }, text(e.text));
}

export function menu(e, block, where) {
  const label = e.placeholder?.text ?? '⋯';
  return h('select', {
    class: `button ${e.type === 'overflow' ? 'overflow' : ''}`, disabled: !where, 'aria-label': e.placeholder?.text ?? 'More',
    onchange: async (event) => {
      const select = event.currentTarget;
      const option = select.value;
      select.selectedIndex = 0;
      if (option) await click(select, e, block, where, option);
    },
  },
  h('option', { value: '' }, label),
  e.options.map((o) => h('option', { value: o.value }, text(o.text))));
}

async function click(el, e, block, where, option) {
  if (e.confirm && !(await sure(e.confirm, e.style))) return;
  const name = el.tagName === 'SELECT' ? e.action_id : el.textContent;
  el.classList.add('busy');
  try {
    const got = await post('/_control/slack/click', {
      channel: where.channel, ts: where.ts, action_id: e.action_id, block_id: block.block_id, option, user: byId('who').value,
    });
    if (got.ok) toast(`${name}: answered ${got.status} in ${got.ms} ms`);
    else toast(got.error, true);
  } catch (err) {
    toast(`${name}: ${err.message}`, true);
  } finally {
    el.classList.remove('busy');
  }
}

// sure asks what a button's confirm object asks.
function sure(c, style) {
  const box = byId('confirm');
  return new Promise((done) => {
    fill(box, h('form', { method: 'dialog' },
      h('h3', null, text(c.title)),
      h('div', null, text(c.text)),
      h('div', { class: 'actions' },
        h('button', { class: 'button', value: '' }, text(c.deny) ?? 'Cancel'),
        h('button', { class: `button ${(c.style ?? style) === 'danger' ? 'danger' : 'primary'}`, value: 'yes' }, text(c.confirm) ?? 'Yes'))));
    box.returnValue = '';
    box.onclose = () => done(box.returnValue === 'yes');
    box.showModal();
  });
}
