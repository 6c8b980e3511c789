// The side bar: channels, the pager, and who clicks.
import { byId, fill, h } from './dom.js';
import { go, here } from './here.js';
import { stateOf } from './pager.js';
import { Shelf, sync } from './shelf.js';
import { store } from './store.js';

const shelf = new Shelf();

export function drawPlaces() {
  sync(byId('channels'), [...store.channels.values()].map((c) => item(c.id, c.direct ? '@' : '#', c.name, c.unread, '')));
  const calling = [...store.alerts.values()].filter((a) => stateOf(a) === 'open').length;
  sync(byId('pagers'), [item('pager', '◉', 'Pager', calling, 'loud')]);
  drawWho();
}

function item(id, sign, name, badge, kind) {
  const current = id === here.place;
  return shelf.get(id, `${name} ${badge} ${current}`, () => h('li', null, h('button', {
    type: 'button', class: badge ? 'waiting' : '', 'aria-current': current ? 'page' : null, onclick: () => go(id),
  },
  h('span', { class: 'hash', 'aria-hidden': 'true' }, sign),
  h('span', { class: 'label' }, name),
  badge ? h('span', { class: `badge ${kind}` }, String(badge)) : null)));
}

function drawWho() {
  const who = byId('who');
  const users = Object.entries(store.users).sort();
  if (who.options.length !== users.length) fill(who, users.map(([id, name]) => h('option', { value: id }, name)));
}
