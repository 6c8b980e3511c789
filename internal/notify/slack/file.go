package slack

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/busbell/busbell/internal/notify"
	"github.com/busbell/busbell/internal/notify/slack/render"
)

const (
	maxComment = 3000
	uploading  = "upload"
)

// Upload sends the file of n to Slack. Nobody sees it before it is shared.
func (c *Channel) Upload(ctx context.Context, n notify.Notice) (string, error) {
	f := n.File
	name := cmp.Or(strings.TrimSpace(render.Line(f.Name, 100)), "trace.txt")
	to, err := c.api.GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{
		FileName: name, FileSize: len(f.Content), SnippetType: "text",
	})
	if err != nil {
		return "", c.fault(ctx, "files.getUploadURLExternal", n.To, err)
	}
	if err := c.outcome(ctx, "files.getUploadURLExternal", n.To, to.FileID, nil); err != nil {
		return "", err
	}
	err = c.api.UploadToURL(ctx, slack.UploadToURLParameters{UploadURL: to.UploadURL, Content: f.Content, Filename: name})
	return to.FileID, c.fault(ctx, uploading, n.To, err)
}

// share shows an uploaded file with the text of the reply in the thread of page.
func (c *Channel) share(ctx context.Context, n notify.Notice, page notify.Receipt) (notify.Receipt, error) {
	if c.deleted(ctx, page) {
		return notify.Receipt{}, fmt.Errorf("slack %s: %w: the message of this thread was deleted", n.To, notify.ErrGone)
	}
	done, err := c.api.CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
		Files:          []slack.FileSummary{{ID: n.File.ID, Title: n.File.Name}},
		Channel:        page.Destination,
		InitialComment: comment(n), ThreadTimestamp: page.ID,
	})
	id := ""
	if err == nil && len(done.Files) > 0 {
		id = done.Files[0].ID
	}
	if err := c.outcome(ctx, "files.completeUploadExternal", n.To, id, err); err != nil {
		return notify.Receipt{}, err
	}
	return notify.Receipt{Destination: page.Destination, ID: id}, nil
}

// deleted reports whether a page is certainly gone. A file must not be shared then:
// Slack would show it in the channel, where it could not be removed. A page that is too
// new for the history counts as there.
func (c *Channel) deleted(ctx context.Context, page notify.Receipt) bool {
	if older(page.ID, stamp(c.clock.now().Add(-longestLag))) >= 0 {
		return false
	}
	thread, _, err := c.history.page(ctx, page.Destination, page.ID, page.ID, "")
	return err == nil && len(thread) == 0
}

// comment is the text of a reply above its file, where blocks are not possible.
func comment(n notify.Notice) string {
	text := []string{render.Headline(n)}
	left := maxComment - len([]rune(text[0]))
	for _, f := range n.Facts {
		n.Lines = append(n.Lines, append(notify.Text{notify.Ours("*" + f.Name + "*: ")}, f.Value...))
	}
	for _, l := range n.Lines {
		s := render.Mrkdwn(l, render.MaxField)
		if left -= len([]rune(s)) + 1; left < 0 {
			break
		}
		text = append(text, s)
	}
	return strings.Join(text, "\n")
}
