package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/busbell/busbell/internal/emulator/functions"
	"github.com/busbell/busbell/internal/emulator/opsgenie"
	"github.com/busbell/busbell/internal/emulator/slack"
)

// A console prints a line for each event in the shop, in Slack and in the pager,
// and for problems of the host.
type console struct {
	mu   sync.Mutex
	out  io.Writer
	told map[string]bool // problems that were printed: each is printed once
}

// say prints one line: the time, an icon, a sentence.
func (c *console) say(sign, format string, args ...any) {
	line := printable(fmt.Sprintf(format, args...))
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprintf(c.out, "%s  %s  %s\n", time.Now().Format("15:04:05"), sign, line) // nobody to tell
}

// chat prints what is new in Slack until ctx ends: messages, edits that change the
// status icon of a message, and replies in threads.
func (c *console) chat(ctx context.Context, s *slack.Server) {
	known := map[string]string{} // text by channel and ts
	for snapshot := range s.Watch(ctx) {
		for _, ch := range snapshot.Channels {
			for _, m := range ch.Messages {
				before, old := known[ch.ID+m.TS]
				known[ch.ID+m.TS] = m.Text
				root := known[ch.ID+m.ThreadTS]
				switch {
				case m.ThreadTS == "" && (!old || sign(before) != sign(m.Text)):
					c.say("💬", "#%s  %s", ch.Name, plain(m.Text, snapshot.Users))
				case m.ThreadTS != "" && !old && saysMore(m.Text):
					c.say("💬", "#%s  %s  ↳ %s", ch.Name, title(plain(root, snapshot.Users)), plain(m.Text, snapshot.Users))
				}
			}
		}
	}
}

// saysMore reports whether a reply says more than its message: the message shows when
// something is resolved, and the whole trace is too long for a console.
func saysMore(text string) bool {
	return !strings.HasPrefix(text, "Resolved") && !strings.HasPrefix(text, "The whole trace")
}

// pager prints when alerts open, close and are acknowledged, until ctx ends.
func (c *console) pager(ctx context.Context, s *opsgenie.Server) {
	known := map[string]string{}
	for snapshot := range s.Watch(ctx) {
		for _, a := range snapshot.Alerts {
			now := "opened"
			switch {
			case !a.Open():
				now = "closed"
			case a.Acknowledged:
				now = "acknowledged"
			}
			if known[a.ID] != now {
				known[a.ID] = now
				c.say("📟", "OpsGenie %s %s: %s", a.Priority, now, a.Message)
			}
		}
	}
}

// host prints what goes wrong with the handler, each problem once.
func (c *console) host(e functions.Event) {
	text := e.String()
	switch e.Kind {
	case functions.Problem:
	case functions.Failed:
		text = fmt.Sprintf("%s failed: %v", e.Function, e.Err)
	case functions.Exited:
		if e.Level < slog.LevelWarn {
			return
		}
	case functions.Line:
		if !serious.MatchString(text) {
			return
		}
		text = "handler: " + stamp.ReplaceAllString(text, "")
	default:
		return
	}
	if c.isNews(text) {
		c.say("⚠️ ", "%s", text)
	}
}

var (
	serious = regexp.MustCompile(`level=(WARN|ERROR)`)
	stamp   = regexp.MustCompile(`^time=\S+ `)
)

func (c *console) isNews(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told[text] {
		return false
	}
	if c.told == nil {
		c.told = map[string]bool{}
	}
	c.told[text] = true
	return true
}

// printable removes the control characters of foreign text.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}
