// Block Kit and attachments, drawn the way Slack draws them.
import { h, link } from './dom.js';
import { mrkdwn, plain } from './mrkdwn.js';
import { richText } from './richtext.js';
import { button, menu } from './buttons.js';
import { dateOf, stamp } from './time.js';

// content draws what a message, or one of its earlier versions, says. where
// is the message for its buttons; without it they cannot be pressed.
export function content(m, where) {
  const blocks = m.blocks ?? [];
  return [
    blocks.length === 0 && m.text ? h('div', { class: 'text' }, mrkdwn(m.text)) : null,
    blocks.map((b) => block(b, where)),
    (m.attachments ?? []).map((a) => attachment(a, where)),
  ];
}

function attachment(a, where) {
  const bar = h('div', { class: 'bar' });
  if (/^#?[0-9a-f]{6}$/i.test(a.color ?? '')) bar.style.setProperty('background-color', `#${a.color.replace('#', '')}`);
  else if (['good', 'warning', 'danger'].includes(a.color)) bar.classList.add(a.color);
  const title = a.title ? h('div', { class: 'title' }, a.title_link ? link(a.title_link, a.title) : a.title) : null;
  const fields = (a.fields ?? []).map((f) => h('div', { class: 'field' }, h('strong', null, f.title), h('br'), mrkdwn(String(f.value ?? ''))));
  return [
    a.pretext ? h('div', { class: 'text' }, mrkdwn(a.pretext)) : null,
    h('div', { class: 'attachment' }, bar, h('div', { class: 'inside' },
      a.author_name ? h('div', { class: 'context' }, a.author_name) : null,
      title,
      a.text ? h('div', { class: 'section' }, mrkdwn(a.text)) : null,
      fields.length ? h('div', { class: 'fields' }, fields) : null,
      (a.blocks ?? []).map((b) => block(b, where)),
      a.footer ? h('div', { class: 'context' }, mrkdwn(a.footer), a.ts ? [' · ', stamp(dateOf(a.ts))] : null) : null)),
  ];
}

function block(b, where) {
  switch (b.type) {
    case 'section':
      return section(b, where);
    case 'header':
      return h('h3', { class: 'header' }, text(b.text));
    case 'context':
      return h('div', { class: 'context' }, (b.elements ?? []).map((e) => h('span', null, e.type === 'image' ? `[${e.alt_text}]` : text(e))));
    case 'divider':
      return h('hr');
    case 'actions':
      return h('div', { class: 'actions' }, (b.elements ?? []).map((e) => element(e, b, where)));
    case 'rich_text':
      return richText(b);
    case 'markdown':
      return h('div', { class: 'section' }, mrkdwn(String(b.text ?? '').replaceAll('**', '*')));
    case 'image':
      return h('div', { class: 'context' }, `Picture: ${b.alt_text}`);
    default:
      return h('div', { class: 'context' }, `(${b.type} block)`);
  }
}

function section(b, where) {
  const fields = (b.fields ?? []).map((f) => h('div', { class: 'field' }, text(f)));
  return h('div', { class: 'section' },
    h('div', { class: 'words' },
      b.text ? h('div', null, text(b.text)) : null,
      fields.length ? h('div', { class: 'fields' }, fields) : null),
    b.accessory ? h('div', { class: 'accessory' }, element(b.accessory, b, where)) : null);
}

function element(e, b, where) {
  if (e.type === 'button') return button(e, b, where);
  if (Array.isArray(e.options)) return menu(e, b, where);
  return h('span', { class: 'context' }, e.alt_text ?? `(${e.type})`);
}

// text draws a text object.
export function text(t) {
  if (!t) return null;
  return t.type === 'mrkdwn' ? mrkdwn(String(t.text)) : plain(String(t.text), t.emoji !== false);
}
