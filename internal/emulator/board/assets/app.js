// The page: where one is, what is drawn, and the stream that keeps it live.
import { bell, byId, fill, h, post, toast } from './dom.js';
import { anchor, message } from './message.js';
import { knowNames } from './mrkdwn.js';
import { pagerBoard, stateOf } from './pager.js';
import { inChannel, sorted, store, take } from './store.js';
import { dateOf, dayName } from './time.js';
import { startTheme } from './theme.js';

const open = new Set(); // what is unfolded
let place = ''; // a channel's id, or "pager"
let thread = ''; // ts of the thread that is shown
let fresh = new Set(); // ts of messages and ids of alerts to point out

function connect() {
  const events = new EventSource('/events');
  const live = byId('live');
  events.onopen = () => {
    live.textContent = 'live';
    live.className = 'live on';
  };
  events.onerror = () => {
    live.textContent = 'reconnecting';
    live.className = 'live off';
  };
  events.onmessage = (e) => {
    const touched = take(JSON.parse(e.data));
    knowNames(store.users, [...store.channels.values()]);
    if (!store.channels.has(place) && place !== 'pager') place = fromHash() || first();
    for (const { channel, m, isNew } of touched.messages) {
      if (touched.all) continue;
      fresh.add(m.ts);
      if (isNew && channel.id !== place && (!m.thread_ts || m.broadcast)) channel.unread += 1;
    }
    if (!touched.all) touched.alerts.forEach((a) => fresh.add(a.id));
    soon();
  };
}

let waiting = false;

// soon draws at the next frame, however often it was asked to.
function soon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

function first() {
  const all = [...store.channels.values()];
  return (all.find((c) => c.messages.size) ?? all[0])?.id ?? '';
}

function draw() {
  drawPlaces();
  drawWho();
  const channel = store.channels.get(place);
  if (place === 'pager') drawPager();
  else drawChannel(channel);
  drawThread(channel);
  for (const id of fresh) {
    for (const el of [byId(anchor(id)), byId(anchor(id, true)), byId(`a${id}`)]) el?.classList.add('fresh');
  }
  fresh = new Set();
}

function drawPlaces() {
  const item = (id, label, badge, loud) => h('li', null, h('button', {
    type: 'button', class: badge ? 'waiting' : '', 'aria-current': id === place ? 'page' : null, onclick: () => go(id),
  }, label, badge ? h('span', { class: `badge ${loud ? 'loud' : ''}` }, String(badge)) : null));
  fill(byId('channels'), [...store.channels.values()].map((c) => item(c.id,
    [h('span', { class: 'hash', 'aria-hidden': 'true' }, c.direct ? '@' : '#'), h('span', { class: 'label' }, c.name)], c.unread)));
  const calling = [...store.alerts.values()].filter((a) => stateOf(a) === 'open').length;
  fill(byId('pagers'), item('pager',
    [h('span', { class: 'hash', 'aria-hidden': 'true' }, '◉'), h('span', { class: 'label' }, 'Pager')], calling, true));
}

function drawWho() {
  const who = byId('who');
  const users = Object.entries(store.users).sort();
  if (who.options.length === users.length) return;
  fill(who, users.map(([id, name]) => h('option', { value: id }, name)));
}

function drawChannel(channel) {
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
    h('h1', null, h('span', { class: 'hash' }, '#'), channel.name),
    h('span', { class: 'hint' }, shown.length === 1 ? '1 message' : `${shown.length} messages`),
    channel.member ? null : h('span', { class: 'hint' }, 'the bot is not a member'));
  if (shown.length === 0) {
    fill(list, emptyState(channel.name));
    return;
  }
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const nodes = [];
  let day = '';
  for (const m of shown) {
    const name = dayName(dateOf(m.ts));
    if (name !== day) nodes.push(h('div', { class: 'day' }, h('span', null, name)));
    day = name;
    nodes.push(message(m, about(channel, { replies: threads.get(m.ts) ?? [], root: channel.messages.get(m.thread_ts) })));
  }
  fill(list, nodes);
  if (atEnd || list.dataset.place !== place) list.scrollTop = list.scrollHeight;
  list.dataset.place = place;
}

function about(channel, more) {
  return { channel, users: store.users, open, redraw: soon, showThread, replies: [], ...more };
}

function drawThread(channel) {
  const panel = byId('thread');
  const root = channel?.messages.get(thread);
  panel.hidden = !root;
  document.body.classList.toggle('threaded', Boolean(root));
  if (!root) return;
  const replies = sorted(channel).filter((m) => m.thread_ts === thread);
  const old = panel.querySelector('.replies');
  const atEnd = !old || old.dataset.ts !== thread || old.scrollHeight - old.scrollTop - old.clientHeight < 80;
  const top = old?.scrollTop ?? 0;
  const list = h('div', { class: 'replies', 'data-ts': thread, tabindex: '0', role: 'region', 'aria-label': 'Replies' },
    message(root, about(channel, { inThread: true })),
    h('div', { class: 'day' }, h('span', null, replies.length === 1 ? '1 reply' : `${replies.length} replies`)),
    replies.map((m) => message(m, about(channel, { inThread: true }))));
  fill(panel, 
    h('header', null, h('h2', null, 'Thread'), h('span', { class: 'hint' }, `#${channel.name}`),
      h('button', { type: 'button', class: 'shut', 'aria-label': 'Close the thread', onclick: () => showThread('') }, '✕')),
    list);
  list.scrollTop = atEnd ? list.scrollHeight : top;
}

function drawPager() {
  const beats = Object.entries(store.heartbeats);
  fill(byId('head'), 
    h('h1', null, 'Pager'),
    h('span', { class: 'hint' }, store.alerts.size === 1 ? '1 alert' : `${store.alerts.size} alerts`),
    beats.map(([name, n]) => h('span', { class: 'hint' }, `♥ ${name}, ${n} ${n === 1 ? 'beat' : 'beats'}`)));
  const list = byId('list');
  list.className = 'for-pager';
  list.dataset.place = place;
  fill(list, pagerBoard([...store.alerts.values()], { open, redraw: soon }));
}

function emptyState(name) {
  const step = (sign, title, text) => h('li', null, h('span', { class: 'sign', 'aria-hidden': 'true' }, sign), h('div', null, h('strong', null, title), h('p', null, text)));
  return h('div', { class: 'empty' },
    h('span', { class: 'mark' }, bell()),
    h('h2', null, name ? `Nothing in #${name} yet` : 'Nothing was posted yet'),
    h('p', null, 'This page fills itself. As soon as Busbell speaks, you see it here as people would in Slack.'),
    h('ol', null,
      step('🔴', 'An event fails', 'A message with its colour bar appears; more of the same edits it in place.'),
      step('📟', 'It is bad enough', 'The pager on the left counts up, and its alert stands on the board.'),
      step('🟢', 'It is over', 'The same message turns green, and the alert closes by itself.'),
      step('🎉', 'A feature is used', 'Milestones arrive in their own channel.')));
}

function go(id) {
  place = id;
  thread = '';
  remember();
  draw();
}

// remember keeps where one is in the address, so that a reload finds it again.
function remember() {
  const name = place === 'pager' ? 'pager' : store.channels.get(place)?.name ?? '';
  history.replaceState(null, '', `#${name}${thread ? `/t${thread}` : ''}`);
}

function showThread(ts) {
  thread = ts;
  remember();
  draw();
  if (ts) byId('thread').querySelector('.shut').focus();
}

// fromHash reads "#pager", "#bus-errors", a thread "#bus-errors/t1700000000.000000"
// or a permalink "#C…/p1700000000000000".
function fromHash() {
  const [name, at = ''] = location.hash.slice(1).split('/');
  if (name === 'pager') return 'pager';
  const c = [...store.channels.values()].find((x) => x.name === name || x.id === name);
  if (c && at.startsWith('t')) thread = at.slice(1);
  if (c && at.startsWith('p')) requestAnimationFrame(() => requestAnimationFrame(() => byId(`m${at.slice(1)}`)?.scrollIntoView({ block: 'center' })));
  return c?.id ?? '';
}

window.addEventListener('hashchange', () => {
  place = fromHash() || place;
  draw();
});
document.addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && thread && !byId('confirm').open) showThread('');
});
byId('clear').addEventListener('click', async () => {
  try {
    await post('/clear');
    thread = '';
    toast('Cleared');
  } catch (err) {
    toast(err.message, true);
  }
});
startTheme();
connect();
