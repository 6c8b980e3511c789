// A channel's messages, and the thread beside them.
import { bell, byId, fill, h } from './dom.js';
import { here, showThread, unfolded } from './here.js';
import { message } from './message.js';
import { Shelf, sync } from './shelf.js';
import { inChannel, sorted } from './store.js';
import { dateOf, dayName } from './time.js';

const shelf = new Shelf();

export function drawChannel(channel) {
  const list = byId('list');
  list.className = '';
  if (!channel) {
    fill(byId('head'), h('h1', null, 'No channels yet'));
    fill(list, emptyState());
    return;
  }
  channel.unread = 0;
  const { shown, threads } = inChannel(channel);
  fill(byId('head'),
    h('h1', null, h('span', { class: 'hash' }, channel.direct ? '@' : '#'), channel.name),
    h('span', { class: 'hint' }, shown.length === 1 ? '1 message' : `${shown.length} messages`),
    channel.member ? null : h('span', { class: 'hint' }, 'the bot is not a member'));
  const stay = list.dataset.place === here.place && !atEnd(list);
  list.dataset.place = here.place;
  if (shown.length === 0) fill(list, emptyState(channel.name));
  else sync(list, withDays(channel, shown, threads));
  if (!stay) list.scrollTop = list.scrollHeight;
}

function withDays(channel, shown, threads) {
  const nodes = [];
  let last = '';
  for (const m of shown) {
    const day = dayName(dateOf(m.ts));
    if (day !== last) nodes.push(shelf.get(`day/${channel.id}/${day}`, day, () => rule(day)));
    last = day;
    nodes.push(drawn(channel, m, { replies: threads.get(m.ts) ?? [], root: channel.messages.get(m.thread_ts) }));
  }
  return nodes;
}

const rule = (text) => h('div', { class: 'day' }, h('span', null, text));

// drawn is the node of a message, drawn again only if something changed.
function drawn(channel, m, { replies = [], root, inThread = false }) {
  const key = `${channel.id}/${m.ts}/${inThread ? 't' : 'c'}`;
  const sign = `${m.rev} ${root?.rev} ${replies.length} ${unfolded(key)}`;
  return shelf.get(key, sign, () => message(m, { key, channel, replies, root, inThread }));
}

export function drawThread(channel) {
  const panel = byId('thread');
  const root = channel?.messages.get(here.thread);
  panel.hidden = !root;
  document.body.classList.toggle('threaded', Boolean(root));
  if (!root) return;
  const isNew = panel.dataset.thread !== here.thread;
  if (isNew) startThread(panel, channel);
  const list = panel.querySelector('.replies');
  const stay = !isNew && !atEnd(list);
  const replies = sorted(channel).filter((m) => m.thread_ts === here.thread);
  const count = replies.length === 1 ? '1 reply' : `${replies.length} replies`;
  sync(list, [
    drawn(channel, root, { inThread: true }),
    shelf.get('replies', `${here.thread} ${count}`, () => rule(count)),
    ...replies.map((m) => drawn(channel, m, { inThread: true })),
  ]);
  if (!stay) list.scrollTop = list.scrollHeight;
}

function startThread(panel, channel) {
  panel.dataset.thread = here.thread;
  const shut = h('button', { type: 'button', class: 'shut', 'aria-label': 'Close the thread', onclick: closeThread }, '✕');
  fill(panel,
    h('header', null, h('h2', null, 'Thread'), h('span', { class: 'hint' }, `#${channel.name}`), shut),
    h('div', { class: 'replies', tabindex: '0', role: 'region', 'aria-label': 'Replies' }));
  shut.focus();
}

export function closeThread() {
  delete byId('thread').dataset.thread;
  showThread('');
  byId('list').focus();
}

const atEnd = (el) => el.scrollHeight - el.scrollTop - el.clientHeight < 80;

function emptyState(name) {
  const step = (sign, title, text) => h('li', null,
    h('span', { class: 'sign', 'aria-hidden': 'true' }, sign), h('div', null, h('strong', null, title), h('p', null, text)));
  return h('div', { class: 'empty' },
    h('span', { class: 'mark' }, bell()),
    h('h2', null, name ? `Nothing in #${name} yet` : 'Nothing was posted yet'),
    h('p', null, 'This page fills itself. As soon as Busbell speaks, you see it here as people would in Slack.'),
    h('ol', null,
      step('🔴', 'An event fails', 'A message with its colour bar appears; more of the same edits it in place.'),
      step('📟', 'It is bad enough', 'The pager counts up, and its alert stands on the board.'),
      step('🟢', 'It is over', 'The same message turns green, and the alert closes by itself.'),
      step('🎉', 'A feature is used', 'Milestones arrive in their own channel.')));
}
