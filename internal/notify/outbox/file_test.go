package outbox_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/busbell/busbell/internal/notify"
)

// A fileChannel is a chat that takes files.
type fileChannel struct {
	chat
	uploads int
	refuse  error
}

func (d *fileChannel) Upload(context.Context, notify.Notice) (string, error) {
	d.uploads++
	return "F" + strings.Repeat("1", d.uploads), d.refuse
}

func withFile(key, page string) notify.Notice {
	n := remark(key, page)
	n.File = &notify.File{Name: "trace.txt", Content: "at Shop.Billing.Charge()"}
	return n
}

func TestAFilesIDIsWrittenDownBeforeItIsShown(t *testing.T) {
	for step, uploads := range map[string]int{"claimed": 1, "uploaded": 2, "file recorded": 1, "sent": 1} {
		synctest.Test(t, func(t *testing.T) {
			c := &fileChannel{}
			d := delivery(c)
			said(t, d, announcement("a"))
			write(t, d, withFile("trace", "a"))
			undo := between(d, func(at string) {
				if at == step {
					runtime.Goexit()
				}
			})
			_, _ = d.Deliver(t.Context())
			undo()
			time.Sleep(2 * time.Minute)
			deliver(t, d)
			wantSaid(t, &c.chat, "post a", "reply trace")
			if c.uploads != uploads {
				t.Errorf("died after %q: uploaded %d times, want %d", step, c.uploads, uploads)
			}
			if f := c.last.File; f == nil || f.ID != "F"+strings.Repeat("1", uploads) {
				t.Errorf("died after %q: shown %+v", step, f)
			}
		})
	}
}

func TestAFileThatIsNotTakenIsShownInPart(t *testing.T) {
	for name, c := range map[string]notify.Channel{
		"the channel takes none":   &chat{},
		"refused":                  &fileChannel{refuse: notify.ErrRejected},
		"refused when it is shown": &fileChannel{chat: chat{fail: []error{nil, notify.ErrRejected}}},
	} {
		d := delivery(c)
		said(t, d, announcement("a"))
		said(t, d, withFile("trace", "a"))
		last := func() notify.Notice {
			if f, ok := c.(*fileChannel); ok {
				return f.last
			}
			return c.(*chat).last
		}()
		if last.Key != "trace" || last.File != nil || last.Trace != "at Shop.Billing.Charge()" {
			t.Errorf("%s: said %+v", name, last)
		}
	}
}

func TestAFileIsTriedThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &fileChannel{refuse: errors.New("no answer")}
		d := delivery(c)
		said(t, d, announcement("a"))
		write(t, d, withFile("trace", "a"), announcement("b"))
		for range 4 {
			_, _ = d.Deliver(t.Context())
			time.Sleep(time.Minute)
		}
		wantSaid(t, &c.chat, "post a", "post b", "reply trace")
		if c.uploads != 3 || c.last.Trace == "" {
			t.Errorf("%d uploads, trace %q", c.uploads, c.last.Trace)
		}
	})
}

func TestAHugeFileIsCut(t *testing.T) {
	c := &fileChannel{}
	d := delivery(c)
	said(t, d, announcement("a"))
	n := withFile("trace", "a")
	n.File.Content = strings.Repeat("ü", notify.MaxFile)
	said(t, d, n)
	if got := c.last.File.Content; len(got) > notify.MaxFile || !strings.HasSuffix(got, "ü\n… cut here") {
		t.Errorf("%d bytes, ends %q", len(got), got[len(got)-20:])
	}
}
