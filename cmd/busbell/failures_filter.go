package main

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/busbell/busbell/internal/errorqueue"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/setting"
	"github.com/busbell/busbell/internal/triage"
)

// A filter says which failures are meant. What is empty does not matter.
type filter struct {
	fingerprint, typ, queue, id, olderThan string

	before time.Time // of olderThan
}

func (f *filter) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.fingerprint, "fingerprint", "", "only failures with this `fingerprint`")
	flags.StringVar(&f.typ, "type", "", "only messages of this `type`, with or without its namespace, * allowed")
	flags.StringVar(&f.queue, "queue", "", "only what failed in this `queue`, * allowed")
	flags.StringVar(&f.id, "id", "", "only the message with this `identity`, or broker's id")
	flags.StringVar(&f.olderThan, "older-than", "", "only what failed longer ago than this `time`, like 90m or 2d")
}

// check reads what has to be read of the flags.
func (f *filter) check(cmd *cobra.Command, now time.Time) error {
	if f.olderThan == "" {
		return nil
	}
	var d setting.Duration
	if err := d.UnmarshalText([]byte(f.olderThan)); err != nil {
		if wrong, ok := errors.AsType[*setting.Misread](err); ok {
			return usage(cmd, "--older-than %s: %s", f.olderThan, wrong.Error())
		}
		return usage(cmd, "--older-than %s: %v", f.olderThan, err)
	}
	if d.Std() <= 0 {
		return usage(cmd, "--older-than %s is no time ago; write it like 90m or 2d", f.olderThan)
	}
	f.before = now.Add(-d.Std())
	return nil
}

// wants reports whether a failure is meant.
func (f *filter) wants(m *message.Message, x errorqueue.Explanation) bool {
	is := x.Failure
	switch {
	case is.Ignore:
		return false
	case f.fingerprint != "" && x.Fingerprint != f.fingerprint:
	case f.typ != "" && !setting.Like(f.typ, is.MessageType) && !setting.Like(f.typ, triage.ShortType(is.MessageType, "")):
	case f.queue != "" && !setting.Like(strings.ToLower(f.queue), strings.ToLower(is.FailingQueue)):
	case f.id != "" && f.id != is.Identity && f.id != m.ID:
	case !f.before.IsZero() && !is.FailedAt.Before(f.before):
	default:
		return true
	}
	return false
}
