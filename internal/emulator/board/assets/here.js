// Where the reader is: a channel or the pager, a thread, and what is unfolded.
import { store } from './store.js';

export const here = {
  place: '', // a channel's id, or "pager"
  thread: '', // the ts of the thread that is shown
  open: new Set(), // what is unfolded, by key
  redraw: () => {}, // set by the page
};

export function go(place) {
  here.place = place;
  here.thread = '';
  remember();
  here.redraw();
}

export function showThread(ts) {
  here.thread = ts;
  remember();
  here.redraw();
}

// fold unfolds what is folded, and the other way round.
export function fold(key) {
  if (!here.open.delete(key)) here.open.add(key);
  here.redraw();
}

// unfolded is the sign of all that is unfolded below a key.
export const unfolded = (key) => [...here.open].filter((k) => k.startsWith(`${key}/`)).sort().join();

// remember keeps the place in the address, so that a reload finds it again.
function remember() {
  const name = here.place === 'pager' ? 'pager' : store.channels.get(here.place)?.name ?? '';
  history.replaceState(null, '', `#${name}${here.thread ? `/t${here.thread}` : ''}`);
}

// readAddress goes where the address says: "#pager", "#bus-errors", a thread
// "#bus-errors/t1700000000.000000" or a permalink "#C…/p1700000000000000". It
// returns the digits of a permalink's ts.
export function readAddress() {
  const [name, at = ''] = location.hash.slice(1).split('/');
  const channels = [...store.channels.values()];
  const c = channels.find((x) => x.name === name || x.id === name);
  if (name === 'pager') here.place = 'pager';
  else if (c) here.place = c.id;
  else if (!store.channels.has(here.place)) here.place = (channels.find((x) => x.messages.size) ?? channels[0])?.id ?? '';
  if (c && at.startsWith('t')) here.thread = at.slice(1);
  return c && at.startsWith('p') ? at.slice(1) : '';
}
