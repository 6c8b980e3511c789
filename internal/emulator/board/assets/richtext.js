// rich_text blocks: their text is literal by construction.
import { h, link } from './dom.js';
import { emoji } from './emoji.js';
import { mention } from './mrkdwn.js';
import { slackDate } from './time.js';

export function richText(block) {
  return h('div', { class: 'rich' }, (block.elements ?? []).map(part));
}

function part(e) {
  const inner = (e.elements ?? []).map((x) => (e.type === 'rich_text_list' ? h('li', null, spans(x)) : span(x)));
  switch (e.type) {
    case 'rich_text_preformatted':
      return h('pre', { class: 'code' }, inner);
    case 'rich_text_quote':
      return h('blockquote', null, inner);
    case 'rich_text_list':
      return h(e.style === 'ordered' ? 'ol' : 'ul', null, inner);
    default:
      return h('div', { class: 'line' }, inner);
  }
}

const spans = (e) => (e.elements ?? []).map(span);

function span(e) {
  return styled(spanText(e), e.style ?? {});
}

function spanText(e) {
  switch (e.type) {
    case 'text':
      return String(e.text ?? '');
    case 'link':
      return link(String(e.url), String(e.text || e.url));
    case 'emoji':
      return emoji(String(e.name));
    case 'user':
      return mention('', `@${e.user_id}`);
    case 'usergroup':
      return mention('loud', `@${e.usergroup_id}`);
    case 'channel':
      return mention('', `#${e.channel_id}`);
    case 'broadcast':
      return mention('loud', `@${e.range}`);
    case 'date':
      return slackDate(String(e.timestamp), String(e.format ?? '{date} {time}'), String(e.fallback ?? ''));
    default:
      return '';
  }
}

function styled(node, style) {
  if (style.code) node = h('code', null, node);
  if (style.bold) node = h('strong', null, node);
  if (style.italic) node = h('em', null, node);
  if (style.strike) node = h('s', null, node);
  return node;
}
