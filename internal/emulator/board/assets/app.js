// The page: the stream that keeps it live, and the drawing of it.
import { byId, post, toast } from './dom.js';
import { closeThread, drawChannel, drawThread } from './channel.js';
import { here, readAddress, showThread } from './here.js';
import { anchor } from './message.js';
import { knowNames } from './mrkdwn.js';
import { drawPager } from './pager.js';
import { drawPlaces } from './places.js';
import { store, take } from './store.js';
import { renewAgo } from './time.js';
import { startTheme } from './theme.js';

const fresh = new Set(); // ids of what is to be pointed out

function connect() {
  const events = new EventSource('/events');
  events.onopen = () => tellLive('live', 'on');
  events.onerror = () => tellLive('reconnecting', 'off');
  events.onmessage = (e) => {
    const touched = take(JSON.parse(e.data));
    knowNames(store.users, [...store.channels.values()]);
    if (!store.channels.has(here.place) && here.place !== 'pager') visit();
    if (!touched.all) point(touched);
    soon();
  };
}

function tellLive(text, state) {
  byId('live').textContent = text;
  byId('live').className = `live ${state}`;
}

// point marks what is new, on the page and at the names of other channels.
function point({ messages, alerts }) {
  for (const { channel, m, isNew } of messages) {
    fresh.add(anchor(m.ts)).add(anchor(m.ts, true));
    if (isNew && channel.id !== here.place && (!m.thread_ts || m.broadcast)) channel.unread += 1;
  }
  for (const a of alerts) fresh.add(`a${a.id}`);
}

// visit goes where the address says, and to the very message of a permalink.
function visit() {
  const at = readAddress();
  if (at) requestAnimationFrame(() => requestAnimationFrame(() => byId(`m${at}`)?.scrollIntoView({ block: 'center' })));
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

function draw() {
  const channel = store.channels.get(here.place);
  if (here.place === 'pager') drawPager();
  else drawChannel(channel);
  drawThread(channel);
  drawPlaces();
  for (const id of fresh) byId(id)?.classList.add('fresh');
  fresh.clear();
}

here.redraw = soon;
window.addEventListener('hashchange', () => {
  visit();
  soon();
});
document.addEventListener('keydown', (e) => {
  if (e.key === 'Escape' && here.thread && !byId('confirm').open) closeThread();
});
byId('clear').addEventListener('click', async () => {
  try {
    await post('/clear');
    showThread('');
    toast('Cleared');
  } catch (err) {
    toast(err.message, true);
  }
});
setInterval(renewAgo, 20_000);
startTheme();
connect();
