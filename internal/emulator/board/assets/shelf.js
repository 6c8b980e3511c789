// Drawing again without disturbing: what did not change keeps its node, and
// with it focus, selection and what is scrolled inside.

// A Shelf keeps drawn nodes by key, for as long as their sign stays the same.
export class Shelf {
  #kept = new Map();

  // get is the node of key: the old one if it was drawn from the same sign,
  // else what make draws.
  get(key, sign, make) {
    const had = this.#kept.get(key);
    if (had?.sign === sign) return had.node;
    const node = make();
    node.dataset.key = key;
    this.#kept.set(key, { sign, node });
    return node;
  }
}

// sync makes nodes the children of el and touches only what differs.
export function sync(el, nodes) {
  const focus = focusIn(el);
  const wanted = new Set(nodes);
  for (const child of [...el.childNodes]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, i) => {
    if (el.childNodes[i] !== node) el.insertBefore(node, el.childNodes[i] ?? null);
  });
  if (focus && document.activeElement !== focus.active) {
    const child = [...el.children].find((c) => c.dataset.key === focus.key);
    child?.querySelectorAll(focusable)[focus.index]?.focus({ preventScroll: true });
  }
}

const focusable = 'button, select, a';

// focusIn says which control of which child has the focus.
function focusIn(el) {
  const active = document.activeElement;
  const child = [...el.children].find((c) => c.contains(active));
  if (!child || child === active) return null;
  return { active, key: child.dataset.key, index: [...child.querySelectorAll(focusable)].indexOf(active) };
}
