package failure_test

import (
	"encoding/json"
	"errors"
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
	open    map[string]bool // the facts that a case of the field leaves open
	cause   struct{ Type, Message string }
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
		var e struct {
			Expect expectation
			Cause  struct{ Type, Message string }
		}
		var stated struct{ Expect map[string]json.RawMessage }
		if err := errors.Join(json.Unmarshal(data, &e), json.Unmarshal(data, &stated)); err != nil {
			return err
		}
		open := map[string]bool{}
		for _, fact := range []string{"failingQueue", "exceptionType", "exceptionMessage", "firstOwnFrame", "handler"} {
			_, says := stated.Expect[fact]
			open[fact] = strings.HasPrefix(path, "field/") && !says
		}
		out = append(out, fixture{path, f.Message, e.Expect, open, e.Cause})
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
		"own listed": failure.NewReader(failure.Config{Own: []string{"Shop.", "com.shop."}}),
	} {
		t.Run(name, func(t *testing.T) {
			for _, f := range fixtures(t) {
				t.Run(f.path, func(t *testing.T) {
					got := r.Read(&f.message, enqueued)
					if f.cause.Type != "" && (got.InnerType != f.cause.Type || got.InnerMessage != f.cause.Message) {
						t.Errorf("inner exception %q %q, want %q %q", got.InnerType, got.InnerMessage, f.cause.Type, f.cause.Message)
					}
					for fact, leave := range map[string]func(){
						"failingQueue": func() { got.FailingQueue = f.expect.FailingQueue }, "exceptionType": func() { got.ExceptionType = f.expect.ExceptionType },
						"exceptionMessage": func() { got.ExceptionMessage = f.expect.ExceptionMessage }, "firstOwnFrame": func() { got.FirstOwnFrame = f.expect.FirstOwnFrame },
						"handler": func() { got.Handler = f.expect.Handler },
					} {
						if f.open[fact] {
							leave()
						}
					}
					check(t, got, f.expect)
				})
			}
		})
	}
}

func TestCasesOfTheFieldAreGrouped(t *testing.T) {
	r, prints := failure.NewReader(failure.Config{}), map[string]string{}
	for _, f := range fixtures(t) {
		if name, ok := strings.CutPrefix(strings.TrimSuffix(f.path, ".json"), "field/"); ok {
			prints[name] = r.Read(&f.message, enqueued).Fingerprint(f.message.Entity, "")
		}
	}
	const same, different = true, false
	for _, tt := range []struct {
		one  bool
		a, b string
	}{
		{same, "rebus-give-up-description", "rebus-give-up-own-words"},
		{same, "subject-is-a-file-name", "subject-is-a-file-name-again"},
		{same, "fold-e-mail", "fold-e-mail-again"},
		{same, "fold-dates-in-words", "fold-dates-in-words-again"},
		{different, "masstransit-missing-dependency-carrier", "masstransit-missing-dependency-mailer"},
		{different, "exception-property-json", "exception-property-json-elsewhere"},
		{different, "description-json-with-payload", "description-json-with-payload-other"},
		{different, "type-in-event-type-property", "type-in-event-type-property-other"},
		{different, "masstransit-scope-production", "masstransit-scope-test"},
		{different, "masstransit-slash-team", "masstransit-slash-other-query"},
		{same, "cut-own-limit", "cut-own-limit-again"},
		{different, "library-guard-clause", "library-guard-clause-elsewhere"},
		{different, "jvm-spring-cause", "jvm-spring-other-cause"},
		{different, "functions-isolated-worker", "functions-isolated-worker-elsewhere"},
		{different, "wrapper-ef-foreign-key", "wrapper-ef-deadlock"},
		{different, "rebus-own-step-unreadable", "rebus-own-step-content-type"},
		{different, "nservicebus-unreadable-order-id", "nservicebus-unreadable-xml"},
	} {
		if a, b := prints[tt.a], prints[tt.b]; a == "" || b == "" || (a == b) != tt.one {
			t.Errorf("%s is %q, %s is %q; one problem: %v, want %v", tt.a, a, tt.b, b, a == b, tt.one)
		}
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
