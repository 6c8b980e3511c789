import { h } from './dom.js';

const date = (options) => new Intl.DateTimeFormat(undefined, options);
const clock = date({ hour: '2-digit', minute: '2-digit' });
const clockSecs = date({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
const full = date({ dateStyle: 'full', timeStyle: 'medium' });
const day = date({ weekday: 'long', day: 'numeric', month: 'long' });
const forms = {
  date_num: new Intl.DateTimeFormat('sv-SE'),
  date: date({ dateStyle: 'long' }),
  date_short: date({ dateStyle: 'medium' }),
  date_long: date({ dateStyle: 'full' }),
  time: clock,
  time_secs: clockSecs,
};

export const dateOf = (ts) => new Date(Number(ts) * 1000);

// stamp is a moment as the list shows it: short, and whole on pointing at it.
export function stamp(at, withSeconds) {
  const text = (withSeconds ? clockSecs : clock).format(at);
  return h('time', { datetime: at.toISOString(), title: full.format(at) }, text);
}

export function dayName(at) {
  const near = pretty(at);
  return near ? near[0].toUpperCase() + near.slice(1) : day.format(at);
}

function pretty(at) {
  const start = new Date();
  start.setHours(0, 0, 0, 0);
  const days = Math.floor((at - start) / 86400e3);
  return { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[days];
}

const units = [['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

// since is how long ago a moment is, kept up to date by renewAgo.
export function since(at) {
  return h('span', { class: 'since', 'data-at': at.toISOString() }, ago(at));
}

export function renewAgo() {
  for (const el of document.querySelectorAll('.since')) el.textContent = ago(new Date(el.dataset.at));
}

function ago(at) {
  const secs = Math.round((at - Date.now()) / 1000);
  const [unit, size] = units.find(([, n]) => Math.abs(secs) >= n) ?? units[3];
  return relative.format(Math.trunc(secs / size), unit);
}

// slackDate fills the format of a <!date^…> token in.
export function slackDate(unix, format, fallback) {
  const at = new Date(Number(unix) * 1000);
  if (!/^\d{1,12}$/.test(unix) || Number.isNaN(at.getTime())) return fallback;
  const text = format.replace(/\{(\w+)\}/g, (whole, name) => {
    if (name === 'ago') return ago(at);
    const plain = name.replace(/_pretty$/, '');
    if (!forms[plain]) return whole;
    return (plain !== name && pretty(at)) || forms[plain].format(at);
  });
  return h('time', { class: 'token', datetime: at.toISOString(), title: full.format(at) }, text);
}
