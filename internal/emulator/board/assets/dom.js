// Everything on the page is built here, from elements and text nodes. There is
// no way to put markup into it: what was posted can only ever be text.

// h makes an element. props are attributes, "on…" listeners, or true/false for
// attributes without a value; children are nodes, strings, lists or null.
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
    else el.setAttribute(name, value === true ? '' : value);
  }
  el.append(...flat(children));
  return el;
}

function flat(children) {
  return children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false && c !== '');
}

const svg = 'http://www.w3.org/2000/svg';

// bell is the picture that Busbell goes by.
export function bell() {
  const el = document.createElementNS(svg, 'svg');
  const use = document.createElementNS(svg, 'use');
  use.setAttribute('href', '#bell');
  el.setAttribute('aria-hidden', 'true');
  el.append(use);
  return el;
}

// fill replaces what el holds.
export function fill(el, ...children) {
  el.replaceChildren(...flat(children));
}

export const byId = (id) => document.getElementById(id);

// isWeb tells addresses that a link may lead to from all others.
export function isWeb(url) {
  return URL.canParse(url) && ['http:', 'https:', 'mailto:'].includes(new URL(url).protocol);
}

// link is an <a> for addresses of the web, and plain text for all others.
export function link(url, ...children) {
  if (!isWeb(url)) return h('span', null, ...children);
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, ...children);
}

let fading;

// toast says a line at the foot of the page for a while.
export function toast(text, bad) {
  const el = byId('toast');
  fill(el, h('span', { class: bad ? 'bad' : 'good' }, text));
  clearTimeout(fading);
  fading = setTimeout(() => fill(el), bad ? 8000 : 4000);
}

export async function post(path, body) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body ?? {}),
  });
  if (answer.status === 204) return { ok: true };
  if (!answer.ok) throw new Error(`${path}: status ${answer.status}`);
  return answer.json();
}
