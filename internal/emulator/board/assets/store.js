// What the two stand-ins hold, kept up to date by the events.

export const store = { channels: new Map(), alerts: new Map(), users: {}, heartbeats: {}, cleared: 0 };

// take puts an event into the store and says what is new or changed.
export function take(state) {
  const touched = { messages: [], alerts: [], all: state.full };
  if (state.full || state.slack.cleared > store.cleared) {
    store.channels.clear();
    touched.all = true;
  }
  if (state.full || state.pager.cleared > (store.pagerCleared ?? 0)) {
    store.alerts.clear();
    touched.all = true;
  }
  store.cleared = state.slack.cleared;
  store.pagerCleared = state.pager.cleared;
  store.users = state.slack.users ?? {};
  store.heartbeats = state.pager.heartbeats ?? {};
  for (const c of state.slack.channels ?? []) {
    const known = store.channels.get(c.id) ?? { messages: new Map(), unread: 0 };
    Object.assign(known, { id: c.id, name: c.name, member: c.member, direct: c.direct });
    store.channels.set(c.id, known);
    for (const m of c.messages) {
      touched.messages.push({ channel: known, m, isNew: !known.messages.has(m.ts) });
      known.messages.set(m.ts, m);
    }
  }
  for (const a of state.pager.alerts) {
    touched.alerts.push(a);
    store.alerts.set(a.id, a);
  }
  return touched;
}

export const sorted = (channel) => [...channel.messages.values()].sort((a, b) => Number(a.ts) - Number(b.ts));

// inChannel are the messages that the channel itself shows.
export function inChannel(channel) {
  const all = sorted(channel);
  const threads = new Map();
  for (const m of all) {
    if (!m.thread_ts || m.deleted) continue;
    if (!threads.has(m.thread_ts)) threads.set(m.thread_ts, []);
    threads.get(m.thread_ts).push(m);
  }
  return { shown: all.filter((m) => !m.thread_ts || m.broadcast), threads };
}
