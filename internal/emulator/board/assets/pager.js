// The pager: what is open, acknowledged and closed, newest first.
import { byId, fill, h, post, toast } from './dom.js';
import { fold, here, unfolded } from './here.js';
import { Shelf, sync } from './shelf.js';
import { store } from './store.js';
import { since, stamp } from './time.js';

const columns = [
  ['open', 'Open', 'Nobody is being called. An incident that matches a page rule opens an alert here.'],
  ['acknowledged', 'Acknowledged', 'Alerts that somebody has taken on.'],
  ['closed', 'Closed', 'Alerts close when their incident is over.'],
];

export const stateOf = (a) => (a.status === 'closed' ? 'closed' : a.acknowledged ? 'acknowledged' : 'open');

const shelf = new Shelf();

export function drawPager() {
  const beats = Object.entries(store.heartbeats);
  fill(byId('head'),
    h('h1', null, 'Pager'),
    h('span', { class: 'hint' }, store.alerts.size === 1 ? '1 alert' : `${store.alerts.size} alerts`),
    beats.map(([name, n]) => h('span', { class: 'hint' }, `♥ ${name}, ${n} ${n === 1 ? 'beat' : 'beats'}`)));
  const list = byId('list');
  const come = list.dataset.place !== 'pager';
  list.className = 'for-pager';
  list.dataset.place = 'pager';
  const newest = [...store.alerts.values()].sort((x, y) => y.createdAt.localeCompare(x.createdAt) || y.tinyId - x.tinyId);
  const board = shelf.get('board', '', () => h('div', { class: 'pager' }));
  sync(board, columns.map(([state, title, hint]) => column(state, title, hint, newest.filter((x) => stateOf(x) === state))));
  sync(list, [board]);
  if (come) list.scrollTop = 0; // a channel is read from its end, this from its top
}

function column(state, title, hint, alerts) {
  const el = shelf.get(state, '', () => h('section', { class: `column ${state}` }));
  sync(el, [
    shelf.get(`${state}/title`, String(alerts.length), () => h('h3', null, title, h('span', { class: 'count' }, String(alerts.length)))),
    ...alerts.map((x) => shelf.get(x.id, `${x.rev} ${unfolded(x.id)}`, () => card(x))),
    ...(alerts.length ? [] : [shelf.get(`${state}/hint`, '', () => h('p', { class: 'hint' }, hint))]),
  ]);
  return el;
}

function card(a) {
  const state = stateOf(a);
  const isOpen = (what) => here.open.has(`${a.id}/${what}`);
  const folding = (what, label) => h('button', {
    type: 'button', class: 'quiet', 'aria-expanded': String(isOpen(what)), onclick: () => fold(`${a.id}/${what}`),
  }, label);
  const snoozed = a.snoozedUntil && new Date(a.snoozedUntil) > new Date();
  return h('article', { class: `alert ${state}`, id: `a${a.id}` },
    h('header', null,
      h('span', { class: `priority ${/^P[1-5]$/.test(a.priority) ? a.priority : ''}` }, a.priority),
      h('span', { class: 'hint' }, `#${a.tinyId}`),
      a.count > 1 ? h('span', { class: 'times', title: 'How often it was raised' }, `×${a.count}`) : null,
      snoozed ? h('span', { class: 'hint' }, 'snoozed until ', stamp(new Date(a.snoozedUntil))) : null,
      h('span', { class: 'hint when' }, since(new Date(a.createdAt)))),
    h('h4', null, a.message),
    a.description ? h('p', { class: 'description' }, a.description) : null,
    details(a),
    a.tags?.length ? h('div', { class: 'tags' }, a.tags.map((t) => h('span', { class: 'tag' }, t))) : null,
    h('p', { class: 'hint last' }, lastLine(a)),
    h('footer', null,
      state === 'open' ? doer(a, 'acknowledge', 'Acknowledge') : null,
      state !== 'closed' ? doer(a, 'close', 'Close') : null,
      h('span', { class: 'space' }),
      folding('timeline', 'Timeline'), folding('raw', '{ }')),
    isOpen('timeline') ? timeline(a) : null,
    isOpen('raw') ? h('pre', { class: 'code raw' }, JSON.stringify(a, null, 2)) : null);
}

function details(a) {
  const all = Object.entries(a.details ?? {});
  if (all.length === 0) return null;
  return h('dl', null, all.map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))));
}

// words says what happened as people would.
const words = (what) => (what === 'counted' ? 'raised again' : what);

function lastLine(a) {
  const e = a.history.at(-1);
  if (!e) return '';
  return [words(e.what), e.by ? ` by ${e.by}` : '', ' at ', stamp(new Date(e.at), true)];
}

function timeline(a) {
  return h('ol', { class: 'timeline' }, a.history.toReversed().map((e) => h('li', { class: e.what },
    stamp(new Date(e.at), true), ' ', h('strong', null, words(e.what)), e.by ? ` by ${e.by}` : '',
    e.note ? h('div', { class: 'hint' }, e.note) : null)));
}

function doer(a, action, label) {
  return h('button', {
    type: 'button', class: 'button',
    onclick: async () => {
      const who = byId('who');
      try {
        const got = await post('/_control/opsgenie/act', { id: a.id, action, user: who.selectedOptions[0]?.textContent ?? '' });
        if (!got.ok) toast(got.error, true);
      } catch (err) {
        toast(err.message, true);
      }
    },
  }, label);
}
