// Package render makes a Slack message of a notice: a line of text and blocks below
// it, within Slack's limits, with all foreign text escaped.
package render

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/setting"
)

// Limits of a message: Slack's own, and what people are willing to read.
const (
	maxHeadline = 300
	maxSection  = 3000
	maxSections = 12
	maxFields   = 10  // in one section
	longValue   = 100 // a longer value gets the whole width
	maxFacts    = 30
	maxFooter   = 1000
)

// Limits that are valid for clicks and files too.
const (
	MaxButtons = 25
	MaxValue   = 2000 // of a button
	MaxField   = 2000
)

// A Message is a line of text, which notifications and screen readers use too, and
// blocks beside a coloured bar.
type Message struct {
	text   string
	colour string
	blocks []slack.Block
}

// Plain is the message without blocks, for when Slack refuses its form.
func (m Message) Plain() Message { return Message{text: m.text} }

// Options are the options for posting and for updating the message. Slack makes no
// links or mentions of its own in the text.
func (m Message) Options() []slack.MsgOption {
	attachments := []slack.Attachment{} // an empty list removes earlier ones
	if len(m.blocks) > 0 {
		attachments = append(attachments, slack.Attachment{Color: m.colour, Blocks: slack.Blocks{BlockSet: m.blocks}})
	}
	return []slack.MsgOption{
		slack.MsgOptionText(m.text, false),
		slack.MsgOptionAttachments(attachments...),
		slack.MsgOptionParse(false),
		slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
	}
}

// A style is how a state is shown. The word precedes headlines that do not name the
// state, because not everybody sees colour and icon.
type style struct{ colour, icon, word string }

var styles = map[notify.State]style{
	notify.Open:         {"#D00000", ":red_circle:", ""},
	notify.Acknowledged: {"#E8A33D", ":large_orange_circle:", "Acknowledged"},
	notify.Snoozed:      {"#8D8D8D", ":zzz:", "Snoozed"},
	notify.Resolved:     {"#2EB67D", ":white_check_mark:", "Resolved"},
	notify.Milestone:    {"#1264A3", ":tada:", ""},
	notify.Unreadable:   {"#454545", ":black_circle:", ""},
}

// Notice renders a notice.
func Notice(n notify.Notice) Message {
	m := Message{text: Headline(n), colour: styles[n.State].colour}
	m.blocks = append(m.blocks, facts(n.Facts)...)
	m.blocks = append(m.blocks, sections(n.Lines)...)
	m.blocks = append(m.blocks, trace(n)...)
	if footer := Mrkdwn(n.Footer, maxFooter); strings.TrimSpace(footer) != "" {
		m.blocks = append(m.blocks, slack.NewContextBlock("", markup(footer)))
	}
	m.blocks = append(m.blocks, buttons(n.Origin, n.Actions)...)
	return m
}

// Headline is the text of the message: icon, word, what happened, mentions.
func Headline(n notify.Notice) string {
	text := n.Headline
	if text.Empty() {
		text = notify.Text{notify.Ours("Busbell: " + n.Reason)}
	}
	lead := notify.Text{notify.Ours(lead(n, text.Plain()))}
	line := strings.ReplaceAll(Mrkdwn(append(lead, text...), maxHeadline), "\n", " ")
	if n.Act == notify.Reply && !n.Broadcast {
		return line
	}
	mentions, _ := setting.ParseMentions(n.Mention) // the configuration was checked before
	return strings.Join(append([]string{line}, mentions...), " ")
}

var startsWithEmoji = regexp.MustCompile(`^\s*:[a-z0-9_+'-]+:`)

// lead is the beginning of a headline: icon and word. A reply that is not broadcast
// has none, and so does a milestone that begins with an emoji.
func lead(n notify.Notice, headline string) string {
	l, ok := styles[n.State]
	if !ok || n.Act == notify.Reply && !n.Broadcast || n.State == notify.Milestone && startsWithEmoji.MatchString(headline) {
		return ""
	}
	if l.word == "" || strings.HasPrefix(strings.ToLower(headline), strings.ToLower(l.word)) {
		return l.icon + " "
	}
	return l.icon + " " + l.word + ": "
}

// facts are shown in two columns, and those with long values below.
func facts(facts []notify.Fact) []slack.Block {
	var fields []*slack.TextBlockObject
	var wide []slack.Block
	for _, f := range facts[:min(len(facts), maxFacts)] {
		name := notify.Text{notify.Ours("*" + f.Name + "*\n")}
		value := Mrkdwn(f.Value, MaxField-100)
		switch {
		case strings.TrimSpace(value) == "":
		case utf8.RuneCountInString(f.Value.Plain()) > longValue:
			wide = append(wide, slack.NewSectionBlock(markup(Mrkdwn(name, 100)+value), nil, nil))
		default:
			fields = append(fields, markup(Mrkdwn(name, 100)+value))
		}
	}
	var blocks []slack.Block
	for len(fields) > 0 {
		n := min(len(fields), maxFields)
		blocks = append(blocks, slack.NewSectionBlock(nil, fields[:n], nil))
		fields = fields[n:]
	}
	return append(blocks, wide...)
}

// sections puts as many lines into each section as fit.
func sections(lines []notify.Text) []slack.Block {
	var blocks []slack.Block
	var b strings.Builder
	flush := func() {
		if strings.TrimSpace(b.String()) != "" && len(blocks) < maxSections {
			blocks = append(blocks, slack.NewSectionBlock(markup(b.String()), nil, nil))
		}
		b.Reset()
	}
	for _, l := range lines {
		s := Mrkdwn(l, maxSection)
		if utf8.RuneCountInString(b.String())+1+utf8.RuneCountInString(s) > maxSection {
			flush()
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(s)
	}
	flush()
	return blocks
}

// trace shows the first lines; a reply shows the whole trace. Slack does not parse
// preformatted rich text, so it needs no escaping.
func trace(n notify.Notice) []slack.Block {
	most, limit := 8, 1000
	if n.Act == notify.Reply {
		most, limit = 80, 3000
	}
	text := Lines(n.Trace, most, limit)
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return []slack.Block{slack.NewRichTextBlock("", &slack.RichTextPreformatted{
		Type:     slack.RTEPreformatted,
		Elements: []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(text, nil)},
	})}
}

// markup is a text object in which Slack makes no links of its own.
func markup(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}
