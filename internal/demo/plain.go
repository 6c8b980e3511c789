package demo

import (
	"cmp"
	"regexp"
	"strings"
)

var (
	bold  = regexp.MustCompile(`\*([^*\s][^*]*)\*`)
	code  = regexp.MustCompile("`([^`]+)`")
	date  = regexp.MustCompile(`<!date\^[^|>]*\|([^>]*)>`)
	who   = regexp.MustCompile(`<@(\w+)>`)
	emoji = strings.NewReplacer(
		":red_circle:", "🔴", ":white_check_mark:", "✅", ":black_circle:", "⚫", ":large_orange_circle:", "🟠", ":zzz:", "💤",
		":tada:", "🎉", ":moneybag:", "💰",
	)
	unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// plain converts Slack's markup to plain text, with people by name.
func plain(text string, people map[string]string) string {
	text = date.ReplaceAllString(text, "$1")
	text = who.ReplaceAllStringFunc(text, func(mention string) string {
		id := who.FindStringSubmatch(mention)[1]
		return "@" + cmp.Or(people[id], id)
	})
	text = bold.ReplaceAllString(text, "$1")
	text = code.ReplaceAllString(text, "$1")
	return unescape.Replace(emoji.Replace(text))
}

// title is a headline without its cause.
func title(text string) string {
	title, _, _ := strings.Cut(text, ": ")
	return title
}

// sign is the emoji at the beginning of a text.
func sign(text string) string {
	if !strings.HasPrefix(text, ":") {
		return ""
	}
	first, _, _ := strings.Cut(text, " ")
	return first
}
