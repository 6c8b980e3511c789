package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// upload hands a notice's file over and writes its id down before the file is
// shown: that is how it is found again after an unknown outcome. What fails
// here has shown nothing.
func (t *tour) upload(ctx context.Context, r *record) error {
	f := r.Notice.File
	if f == nil || f.ID != "" {
		return nil
	}
	taker, ok := t.ch.(Uploader)
	if !ok {
		return t.inline(ctx, r, nil)
	}
	uploading, cancel := t.within(ctx, r)
	defer cancel()
	id, err := taker.Upload(uploading, r.Notice)
	t.d.at("uploaded")
	later, _ := errors.AsType[*LaterError](err)
	switch {
	case err == nil:
		r.Notice.File = &File{Name: f.Name, Content: f.Content, ID: id}
		err = t.hold(ctx, r)
		t.d.at("file recorded")
		return err
	case errors.Is(err, ErrRejected), r.Tries >= mostUploads:
		return t.inline(ctx, r, err)
	case later != nil && later.After > 0: // the channel itself asks for it
		return err
	}
	return fmt.Errorf("%w: %w", ErrNotSent, err)
}

// mostUploads is how often a file is tried before it is shown only in part.
const mostUploads = 3

// inline gives up a file for the beginning of it in the remark itself. That
// is written down first, for the remark is looked for in another way.
func (t *tour) inline(ctx context.Context, r *record, cause error) error {
	if cause != nil {
		t.d.Log.WarnContext(ctx, "a file is shown only in part", "notice", r.Notice.Key, "err", cause)
	}
	r.Notice = r.Notice.inlined()
	return t.hold(ctx, r)
}

func (n Notice) inlined() Notice {
	if n.Trace == "" {
		n.Trace = n.File.Content
	}
	n.File = nil
	return n
}

// bounded cuts what would not fit into the ledger, and drops a file that has
// nothing in it or nowhere to go.
func (n Notice) bounded() Notice {
	f := n.File
	switch {
	case f == nil:
	case f.Content == "" || n.Act != Reply:
		n.File = nil
	case len(f.Content) > MaxFile:
		const more = "\n… cut here"
		n.File = &File{Name: f.Name, Content: strings.ToValidUTF8(f.Content[:MaxFile-len(more)], "") + more}
	}
	return n
}
