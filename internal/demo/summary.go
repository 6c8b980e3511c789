package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/emulator/slack"
)

func (c *console) welcome(url string, aside bool) {
	c.print("")
	c.print("  🔔 Busbell   %s", url)
	c.print("")
	c.print("  That page is Slack and the pager, as Busbell sees them. A small shop now sends real")
	c.print("  messages over AMQP, and the real handler reads them. Ctrl-C ends all of it.")
	if !aside {
		c.print("  Meanwhile, in another terminal: bin/busbell failures list")
	}
	c.print("")
}

// print prints a line without time and icon.
func (c *console) print(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprintf(c.out, format+"\n", args...) // nobody to tell
}

// verdict prints what was seen. Its error names what was not.
func (c *console) verdict(cloud *Cloud, failed int, after time.Duration) error {
	chat, pager := cloud.Slack.Snapshot(), cloud.Pager.Snapshot()
	seen := judge(chat, pager)
	c.print("")
	c.print("  In %s, %d failed messages became %d in Slack, and %d pages.", after, failed, incidents(chat), len(pager.Alerts))
	c.print("  Seen:")
	for _, step := range seen.steps() {
		mark := "✓"
		if !step.seen {
			mark = "✗"
		}
		c.print("    %s %s", mark, step.name)
	}
	missing := seen.missing()
	if len(missing) == 0 {
		return nil
	}
	next := "look what the page says: busbell demo"
	if after < enough {
		next = "give it more time: busbell demo --for " + enough.String()
	}
	return fmt.Errorf("not seen within %s: %s; %s", after, strings.Join(missing, ", "), next)
}

const enough = 20 * time.Second // for the story

// incidents counts the messages about failures in Slack.
func incidents(chat slack.Snapshot) int {
	n := 0
	for _, m := range roots(chat) {
		if strings.HasPrefix(first(m), openSign) {
			n++
		}
	}
	return n
}
