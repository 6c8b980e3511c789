// One message of a channel or thread, with what can be unfolded from it.
import { bell, h } from './dom.js';
import { content } from './blocks.js';
import { fold, here, showThread } from './here.js';
import { gist } from './mrkdwn.js';
import { store } from './store.js';
import { dateOf, since, stamp } from './time.js';

// message draws m of a channel; key names it among what is unfolded. root is
// the message that a broadcast reply belongs to.
export function message(m, { key, channel, replies, root, inThread }) {
  if (m.deleted) {
    return h('article', { class: 'message deleted', id: anchor(m.ts, inThread) },
      h('div', { class: 'avatar' }), h('div', { class: 'body' }, 'This message was deleted.'));
  }
  const isOpen = (what) => here.open.has(`${key}/${what}`);
  const folding = (what) => ({ type: 'button', 'aria-expanded': String(isOpen(what)), onclick: () => fold(`${key}/${what}`) });
  return h('article', { class: `message ${m.ephemeral ? 'ephemeral' : ''}`, id: anchor(m.ts, inThread) },
    h('div', { class: 'avatar' }, bell()),
    h('div', { class: 'body' },
      h('header', null,
        h('span', { class: 'author' }, 'Busbell'), h('span', { class: 'app' }, 'APP'), stamp(dateOf(m.ts)),
        m.edit_count ? h('button', { ...folding('edits'), class: 'quiet' }, m.edit_count === 1 ? 'edited' : `edited ${m.edit_count} times`) : null,
        m.ephemeral ? h('span', { class: 'hint' }, `only ${store.users[m.ephemeral] ?? m.ephemeral} sees this`) : null),
      m.broadcast && !inThread ? h('button', { type: 'button', class: 'quiet reference', onclick: () => showThread(m.thread_ts) },
        'replied to a thread: ', root ? gist(root.text) : '…') : null,
      content(m, { channel: channel.id, ts: m.ts }),
      (m.files ?? []).map((f) => file(f, isOpen(f.id), () => fold(`${key}/${f.id}`))),
      !inThread && replies.length ? threadBar(m, replies) : null,
      isOpen('edits') ? history(m) : null,
      isOpen('raw') ? h('pre', { class: 'code raw' }, JSON.stringify(m, null, 2)) : null),
    h('div', { class: 'bar-of-tools' },
      !inThread && !m.thread_ts ? h('button', { type: 'button', onclick: () => showThread(m.ts), title: 'Show the thread' }, 'Thread') : null,
      h('button', { ...folding('raw'), title: 'Show what was sent' }, '{ }')));
}

export const anchor = (ts, inThread) => `${inThread ? 't' : 'm'}${ts.replace('.', '')}`;

function threadBar(m, replies) {
  return h('button', { type: 'button', class: 'thread-bar', onclick: () => showThread(m.ts) },
    h('span', { class: 'avatar small' }, bell()),
    h('strong', null, replies.length === 1 ? '1 reply' : `${replies.length} replies`),
    h('span', { class: 'hint' }, 'last ', since(dateOf(replies.at(-1).ts))));
}

function history(m) {
  return h('section', { class: 'history', 'aria-label': 'Earlier versions' },
    h('h4', null, 'Earlier versions, newest first'),
    m.edits.toReversed().map((e) => h('div', { class: 'version' },
      h('div', { class: 'hint' }, 'until ', stamp(new Date(e.until), true)),
      content(e, null))));
}

const texts = new Map();

function file(f, shown, foldIt) {
  const show = async () => {
    if (!texts.has(f.id)) {
      const answer = await fetch(`/files/${encodeURIComponent(f.id)}`);
      texts.set(f.id, answer.ok ? await answer.text() : 'The file is gone.');
    }
    foldIt();
  };
  return h('div', { class: 'file' },
    h('button', { type: 'button', class: 'chip', 'aria-expanded': String(shown), onclick: show },
      h('span', { 'aria-hidden': 'true' }, '📄'), h('strong', null, f.title || f.name), h('span', { class: 'hint' }, size(f.size))),
    shown ? h('pre', { class: 'code' }, texts.get(f.id) ?? '') : null);
}

const size = (n) => (n < 1024 ? `${n} bytes` : `${(n / 1024).toFixed(1)} KB`);
