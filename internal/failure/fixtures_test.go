package failure_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/failure"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/messagefile"
)

// A fixture is a message with the reading that is expected of it.
type fixture struct {
	path    string
	message message.Message
	expect  expectation
}

type expectation struct {
	Framework        message.Framework
	MessageType      string
	FailingQueue     string
	ExceptionType    string
	ExceptionMessage string
	FirstOwnFrame    string
	Handler          string
	FailedAt         *time.Time
	Ignore           bool
}

func fixtures(t testing.TB) []fixture {
	t.Helper()
	var out []fixture
	dir := os.DirFS("testdata")
	err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		data, err := fs.ReadFile(dir, path)
		if err != nil {
			return err
		}
		f, err := messagefile.Decode(data)
		if err != nil {
			return err
		}
		var e struct{ Expect expectation }
		if err := json.Unmarshal(data, &e); err != nil {
			return err
		}
		out = append(out, fixture{path, f.Message, e.Expect})
		return nil
	})
	if err != nil || len(out) < 100 {
		t.Fatalf("read fixtures: %d, %v", len(out), err)
	}
	return out
}

func TestFixturesAreUnderstood(t *testing.T) {
	for name, r := range map[string]*failure.Reader{
		"by default": failure.NewReader(failure.Config{}),
		"own listed": failure.NewReader(failure.Config{Own: []string{"Shop."}}),
	} {
		t.Run(name, func(t *testing.T) {
			for _, f := range fixtures(t) {
				t.Run(f.path, func(t *testing.T) { check(t, r.Read(&f.message, enqueued), f.expect) })
			}
		})
	}
}

func check(t *testing.T, got failure.Failure, want expectation) {
	t.Helper()
	for _, x := range []struct{ name, got, want string }{
		{"framework", string(got.Framework), string(want.Framework)},
		{"messageType", got.MessageType, want.MessageType},
		{"failingQueue", got.FailingQueue, want.FailingQueue},
		{"exceptionType", got.ExceptionType, want.ExceptionType},
		{"exceptionMessage", got.ExceptionMessage, want.ExceptionMessage},
		{"firstOwnFrame", got.FirstOwnFrame, want.FirstOwnFrame},
		{"handler", got.Handler, want.Handler},
	} {
		if x.got != x.want {
			t.Errorf("%s = %.300q, want %.300q", x.name, x.got, x.want)
		}
	}
	if got.Ignore != want.Ignore {
		t.Errorf("ignore = %v, want %v", got.Ignore, want.Ignore)
	}
	if got.Dated != (want.FailedAt != nil) {
		t.Errorf("dated = %v, want %v", got.Dated, want.FailedAt)
	}
	if want.FailedAt != nil && got.FailedAt.Sub(*want.FailedAt).Abs() > time.Minute {
		t.Errorf("failedAt = %v, want %v", got.FailedAt, want.FailedAt)
	}
}
