// The short codes that messages about a bus are likely to hold.
const codes = {
  '+1': '👍', '-1': '👎', alarm_clock: '⏰', ambulance: '🚑', arrow_down: '⬇️', arrow_forward: '▶️', arrow_right: '➡️', arrow_up: '⬆️',
  arrows_counterclockwise: '🔄', ballot_box_with_check: '☑️', bar_chart: '📊', bell: '🔔', black_circle: '⚫', boom: '💥', broken_heart: '💔',
  bug: '🐛', bulb: '💡', bus: '🚌', busstop: '🚏', calendar: '📅', card_file_box: '🗃️', chart_with_downwards_trend: '📉',
  chart_with_upwards_trend: '📈', checkered_flag: '🏁', clipboard: '📋', clock1: '🕐', closed_lock_with_key: '🔐', cloud: '☁️', coffin: '⚰️',
  construction: '🚧', credit_card: '💳', cross_mark: '❌', egg: '🥚', envelope: '✉️', exclamation: '❗', eyes: '👀', file_cabinet: '🗄️', fire: '🔥',
  fire_engine: '🚒', gear: '⚙️', gem: '💎', ghost: '👻', green_heart: '💚', grey_question: '❔', hammer: '🔨', hammer_and_wrench: '🛠️',
  heart: '❤️', heavy_check_mark: '✔️', hourglass: '⌛', hourglass_flowing_sand: '⏳', inbox_tray: '📥', information_source: 'ℹ️', key: '🔑',
  label: '🏷️', large_blue_circle: '🔵', large_green_circle: '🟢', large_orange_circle: '🟠', large_purple_circle: '🟣', large_red_circle: '🔴',
  large_yellow_circle: '🟡', link: '🔗', lock: '🔒', loudspeaker: '📢', mag: '🔍', mailbox: '📫', medal: '🏅', mega: '📣', memo: '📝',
  money_with_wings: '💸', moneybag: '💰', mute: '🔇', new: '🆕', no_bell: '🔕', no_entry: '⛔', no_entry_sign: '🚫', ok: '🆗', ok_hand: '👌',
  outbox_tray: '📤', package: '📦', page_facing_up: '📄', pager: '📟', partying_face: '🥳', pencil: '✏️', pencil2: '✏️', point_right: '👉',
  pushpin: '📌', question: '❓', raised_hand: '✋', receipt: '🧾', recycle: '♻️', red_circle: '🔴', repeat: '🔁', rewind: '⏪', rocket: '🚀',
  rotating_light: '🚨', satellite: '🛰️', see_no_evil: '🙈', shield: '🛡️', shopping_trolley: '🛒', shrug: '🤷', siren: '🚨', skull: '💀',
  skull_and_crossbones: '☠️', sleeping: '😴', snail: '🐌', sos: '🆘', sparkles: '✨', speech_balloon: '💬', star: '⭐', star2: '🌟',
  stop_sign: '🛑', stopwatch: '⏱️', tada: '🎉', thinking_face: '🤔', thumbsup: '👍', ticket: '🎫', timer_clock: '⏲️', trophy: '🏆', truck: '🚚',
  twisted_rightwards_arrows: '🔀', unlock: '🔓', warning: '⚠️', wastebasket: '🗑️', wave: '👋', white_check_mark: '✅', white_circle: '⚪',
  wrench: '🔧', x: '❌', zap: '⚡', zzz: '💤', bellhop_bell: '🛎️', bust_in_silhouette: '👤', busts_in_silhouette: '👥', detective: '🕵️',
  first_place_medal: '🥇', second_place_medal: '🥈', third_place_medal: '🥉', see_you: '👋', sun: '☀️', sunny: '☀️', mailbox_with_mail: '📬',
  electric_plug: '🔌', dart: '🎯', crown: '👑', gift: '🎁', clap: '👏', raised_hands: '🙌', muscle: '💪', pray: '🙏', beetle: '🐞', ladybug: '🐞',
};

// emoji is the sign of a short code, or the code as it was written.
export function emoji(name) {
  return Object.hasOwn(codes, name) ? codes[name] : `:${name}:`;
}
