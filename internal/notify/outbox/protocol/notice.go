package protocol

import (
	"fmt"
	"strings"

	"github.com/busbell/busbell/internal/notify"
)

// asPost is the notice that would post the page with what n shows.
func asPost(n, page notify.Notice) notify.Notice {
	n.Key, n.Act, n.Page, n.Mention, n.Repost = page.Key, notify.Post, "", page.Mention, page.Repost
	return n
}

// AsSent is the notice as it is sent: the update of a page that cannot be changed is a
// reply.
func AsSent(n notify.Notice, page *Record, origin notify.Origin) notify.Notice {
	if n.Act == notify.Update && page != nil && page.Uneditable {
		n = asReply(n, page.Notice)
	}
	n.Origin = origin
	return n
}

// asReply is a reply with what an update changes on a page.
func asReply(n, page notify.Notice) notify.Notice {
	reply := notify.Notice{
		Key: n.Key, Channel: n.Channel, To: n.To, Act: notify.Reply, Reason: n.Reason, Page: n.Page,
		Subject: n.Subject, State: n.State, Headline: n.Headline,
	}
	before := map[string]string{}
	for _, f := range page.Facts {
		before[f.Name] = fmt.Sprint(f.Value)
	}
	for _, f := range n.Facts {
		if before[f.Name] != fmt.Sprint(f.Value) {
			reply.Lines = append(reply.Lines, append(notify.Text{notify.Ours(f.Name + ": ")}, f.Value...))
		}
	}
	return reply
}

// inlined shows the beginning of the file in the reply.
func inlined(n notify.Notice) notify.Notice {
	if n.Trace == "" {
		n.Trace = n.File.Content
	}
	n.File = nil
	return n
}

// Bounded cuts a file that does not fit into the ledger, and removes one that is empty
// or does not belong to a reply.
func Bounded(n notify.Notice) notify.Notice {
	f := n.File
	switch {
	case f == nil:
	case f.Content == "" || n.Act != notify.Reply:
		n.File = nil
	case len(f.Content) > notify.MaxFile:
		const more = "\n… cut here"
		n.File = &notify.File{Name: f.Name, Content: strings.ToValidUTF8(f.Content[:notify.MaxFile-len(more)], "") + more}
	}
	return n
}
