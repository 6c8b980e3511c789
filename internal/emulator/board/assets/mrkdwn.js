// Slack's mrkdwn, as nodes. Only what the bot wrote raw is markup; text that
// was escaped (&lt;) comes out as the letters it was.
import { h, isWeb, link } from './dom.js';
import { emoji } from './emoji.js';
import { slackDate } from './time.js';

const names = { users: {}, channels: {} };

// knowNames tells who and what the ids in mentions are.
export function knowNames(users, channels) {
  Object.assign(names.users, users);
  for (const c of channels) names.channels[c.id] = c.name;
}

const fence = /```\n?([\s\S]*?)\n?```/g;

// mrkdwn turns a text into nodes: fenced code, quotes, lines.
export function mrkdwn(text) {
  const nodes = [];
  let from = 0;
  for (const m of text.matchAll(fence)) {
    nodes.push(...lines(text.slice(from, m.index).replace(/\n$/, '')));
    nodes.push(h('pre', { class: 'code' }, decode(m[1])));
    from = m.index + m[0].length;
  }
  nodes.push(...lines(text.slice(from).replace(from ? /^\n/ : /^/, '')));
  return nodes;
}

function lines(text) {
  if (text === '') return [];
  const nodes = [];
  let quote = null;
  text.split('\n').forEach((line, i) => {
    const quoted = /^(?:&gt;|>) ?/.exec(line);
    if (quoted) {
      if (quote) quote.append(h('br'));
      else nodes.push((quote = h('blockquote')));
      quote.append(...inline(line.slice(quoted[0].length)));
      return;
    }
    if (i > 0 && !quote) nodes.push(h('br'));
    quote = null;
    nodes.push(...inline(line));
  });
  return nodes;
}

// One alternative each: code, <token>, *bold*, _italic_, ~strike~, :emoji:,
// bare address.
const marks = new RegExp([
  '`([^`]+)`',
  '<([^<>]+)>',
  '(?<![\\w*])\\*(?=\\S)([^*]+?)(?<=\\S)\\*(?![\\w*])',
  '(?<![\\w_])_(?=\\S)([^_]+?)(?<=\\S)_(?!\\w)',
  '(?<![\\w~])~(?=\\S)([^~]+?)(?<=\\S)~(?![\\w~])',
  ':([a-z0-9_+\'-]+):',
  '(https?://[^\\s<>|]+[^\\s<>|.,;:!?)\\]])',
].join('|'), 'g');

function inline(text) {
  const nodes = [];
  let from = 0;
  for (const m of text.matchAll(marks)) {
    nodes.push(decode(text.slice(from, m.index)));
    from = m.index + m[0].length;
    const [, code, token, bold, italic, strike, sign, url] = m;
    if (code) nodes.push(h('code', null, decode(code)));
    else if (token) nodes.push(tokenNode(token));
    else if (bold) nodes.push(h('strong', null, inline(bold)));
    else if (italic) nodes.push(h('em', null, inline(italic)));
    else if (strike) nodes.push(h('s', null, inline(strike)));
    else if (sign) nodes.push(emoji(sign));
    else nodes.push(link(decode(url), decode(url)));
  }
  nodes.push(decode(text.slice(from)));
  return nodes.filter((n) => n !== '');
}

// tokenNode is what stands in angle brackets: a link, a mention or a date.
function tokenNode(token) {
  const bar = token.indexOf('|');
  const target = bar < 0 ? token : token.slice(0, bar);
  const label = bar < 0 ? '' : decode(token.slice(bar + 1));
  if (target.startsWith('!date^')) {
    const [, unix, format = '', url] = target.split('^');
    const at = slackDate(unix, decode(format), label);
    return url ? link(decode(url), at) : at;
  }
  if (/^!(here|channel|everyone)$/.test(target)) return mention('loud', `@${target.slice(1)}`);
  if (target.startsWith('!subteam^')) return mention('loud', label || `@${target.slice(9)}`);
  if (target.startsWith('@')) return mention('', `@${names.users[target.slice(1)] || label || target.slice(1)}`);
  if (target.startsWith('#')) return mention('', `#${names.channels[target.slice(1)] || label || target.slice(1)}`);
  if (!isWeb(decode(target))) return `<${decode(token)}>`;
  return link(decode(target), label ? [inline(label)] : decode(target));
}

export function mention(kind, text) {
  return h('span', { class: `mention ${kind}` }, text);
}

function decode(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

// plain is a plain_text object: nothing in it is markup but emoji codes.
export function plain(text, withEmoji) {
  if (!withEmoji) return text;
  return text.replace(/:([a-z0-9_+'-]+):/g, (_, name) => emoji(name));
}

// gist is the beginning of a text without its markup, for references to it.
export function gist(text) {
  const whole = h('span', null, mrkdwn(text)).textContent;
  return whole.length > 90 ? `${whole.slice(0, 90)}…` : whole;
}
