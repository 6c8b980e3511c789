package errorqueue_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/busbell/busbell/internal/ledger"
	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/messagefile"
	"github.com/busbell/busbell/internal/privacy"
	"github.com/busbell/busbell/internal/triage"
)

// A scribe remembers all that a ledger was given to keep.
type scribe struct {
	ledger.Ledger
	mu   sync.Mutex
	rows []string
}

func (s *scribe) Insert(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	s.note(e)
	return s.Ledger.Insert(ctx, e)
}

func (s *scribe) Update(ctx context.Context, e ledger.Entry) (ledger.Entry, error) {
	s.note(e)
	return s.Ledger.Update(ctx, e)
}

// note remembers keys and value, unpacked.
func (s *scribe) note(e ledger.Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value := e.Value
	if r, err := gzip.NewReader(bytes.NewReader(value)); err == nil {
		if unpacked, err := io.ReadAll(r); err == nil {
			value = unpacked
		}
	}
	s.rows = append(s.rows, e.Key.Partition+" "+e.Key.Row+" "+string(value))
}

// leaks are secrets and personal data, each as it must be seen nowhere.
var leaks = []string{
	"anna.rossi@shop.example", "DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "4111 1111 1111 1111", "4111111111111111",
	"+39 06 1234 5678", "hunter2hunter2", "abcdef0123456789", "C-771771",
}

// hostile is a text that holds them all.
var hostile = "refused: anna.rossi@shop.example, IBAN DE89 3704 0044 0532 0130 00 (DE89370400440532013000), card 4111 1111 1111 1111 or 4111111111111111, " +
	"call +39 06 1234 5678, Server=db;Password=hunter2hunter2; Authorization: Bearer abcdef0123456789, of C-771771"

// hostileMessages hold them wherever a message can hold a text.
func hostileMessages() []message.Message {
	all := []message.Message{
		{Properties: map[string]any{
			"rbs2-msg-id": "anna.rossi@shop.example", "rbs2-msg-type": "Shop.Orders.OrderPlaced, Shop.Orders", "rbs2-source-queue": "shop.billing",
			"rbs2-error-details": "1 unhandled exceptions: 04/17/2026 08:34:01 +00:00: Shop.Refused: " + hostile + "\n   at Shop.H.Handle()\n   at Rebus.X.Y()",
			"customer-email":     "anna.rossi@shop.example", "note": hostile,
		}},
		{Properties: map[string]any{
			"rbs2-msg-id": "2", "rbs2-msg-type": "anna.rossi@shop.example", "rbs2-source-queue": "anna.rossi@shop.example", "rbs2-error-details": hostile,
		}},
		{Properties: map[string]any{
			"NServiceBus.MessageId": "3", "NServiceBus.FailedQ": "shop.billing", "NServiceBus.EnclosedMessageTypes": "Shop.A, Shop",
			"NServiceBus.ExceptionInfo.ExceptionType": "Shop.Refused", "NServiceBus.ExceptionInfo.Message": hostile,
			"NServiceBus.ExceptionInfo.StackTrace": "Shop.Refused: " + hostile + "\n   at Shop.H.Handle()", "NServiceBus.ExceptionInfo.Data.Handler type": hostile,
		}},
		{Properties: map[string]any{
			"MT-Reason": "fault", "MT-Fault-ExceptionType": "Shop.Refused", "MT-Fault-Message": hostile, "MT-Fault-StackTrace": "   at Shop.H.Consume()",
			"MT-Fault-ConsumerType": "anna.rossi@shop.example", "MT-Fault-InputAddress": "sb://ns/shop.billing",
		}},
		{Subject: "Shop.A", Properties: map[string]any{
			"exception-type": "anna.rossi@shop.example", "exception-message": hostile, "exception-stack": hostile, "failed-at": "1776414853123",
		}},
		{Subject: "anna.rossi@shop.example", Properties: map[string]any{"DeadLetterReason": hostile, "DeadLetterErrorDescription": hostile}},
		{Properties: map[string]any{"DeadLetterReason": "Failed", "DeadLetterErrorDescription": "Shop.Refused: " + hostile + "\n   at Shop.anna.Pay(anna.rossi@shop.example)"}},
		{Unreadable: hostile},
	}
	for i := range all {
		m := &all[i]
		m.Entity, m.SequenceNumber, m.EnqueuedAt = "error", int64(i+1), start.Add(time.Duration(i)*time.Second)
		m.Body = []byte(`{"OrderId":40318,"Email":"anna.rossi@shop.example","Note":"` + hostile + `"}`)
		if m.ID == "" {
			m.ID = fmt.Sprint("anna.rossi@shop.example/", i)
		}
	}
	return all
}

func TestNothingMaskedReachesLedgerChannelsOrLog(t *testing.T) {
	for _, text := range []string{"masked", "hidden"} {
		t.Run(text, func(t *testing.T) {
			var log bytes.Buffer
			d := newDriverWith(t, triage.Config{
				Page:         []triage.PageRule{{When: `true`, Priority: "P1"}},
				Fingerprints: []triage.FingerprintRule{{When: `failure.exceptionType == "Shop.Refused"`, By: `failure.exceptionMessage`}},
				Links:        []triage.Link{{Text: "Order", URL: "https://portal.example/{failure.handler}"}},
			})
			masker, err := privacy.New(privacy.Config{
				Show: []string{"OrderId"}, Mask: []privacy.Pattern{{Name: "customer number", Pattern: `C-\d{6}`}}, Text: text,
			})
			if err != nil {
				t.Fatal(err)
			}
			d.Masker, d.Log = masker, slog.New(slog.NewTextHandler(&log, nil))
			d.Delivery.Log = d.Log
			s := &scribe{Ledger: d.Incidents.Ledger}
			d.Incidents.Ledger, d.Delivery.Ledger, d.Journal.Ledger = s, s, s
			d.Journal.Records, d.Journal.Log = d.Incidents, d.Log
			d.queues["error"].messages = hostileMessages()
			said := 0
			for range 3 {
				d.now = d.now.Add(6 * time.Hour) // reminders, too
				if _, err := d.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				d.queues["error"].messages = d.queues["error"].messages[:len(d.queues["error"].messages)/2]
			}
			var told []string
			for _, n := range append(d.chat.said, d.pager.said...) {
				told = append(told, fmt.Sprintf("%+v", n))
				said++
			}
			if said < 8 || len(s.rows) < 8 {
				t.Fatalf("said %d things, kept %d rows", said, len(s.rows))
			}
			for where, all := range map[string][]string{"the ledger": s.rows, "a channel": told, "the log": {log.String()}} {
				for _, leak := range leaks {
					for _, row := range all {
						row += unescaped(row)
						if at := strings.Index(row, leak); at >= 0 {
							t.Errorf("%s holds %q: %.60s … %s", where, leak, row, row[max(0, at-80):at+len(leak)])
							break
						}
					}
				}
			}
			if text == "hidden" && strings.Contains(strings.Join(told, ""), "refused") {
				t.Error("hidden, and a channel holds the exception's message")
			}
		})
	}
}

// An exception's text that quotes the body it could not read is seen by nobody
// as far as it is body: neither in chat, nor in the ledger, nor explained.
func TestWhatATextQuotesOfTheBodyIsBody(t *testing.T) {
	data, err := os.ReadFile("../failure/testdata/field/privacy-body-quoted.json")
	if err != nil {
		t.Fatal(err)
	}
	file, err := messagefile.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	personal := []string{"Name-7731", "Some Street", "Town C", "710379-0000"}
	for name, change := range map[string]func(*message.Message){
		"as it was": func(*message.Message) {},
		"zipped": func(m *message.Message) {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = z.Write(m.Body)
			_ = z.Close()
			m.Body, m.Properties["rbs2-content-encoding"] = b.Bytes(), "gzip"
		},
		"as a reason": func(m *message.Message) {
			m.Entity, m.Properties = "orders/$DeadLetterQueue", map[string]any{"DeadLetterReason": "Cannot read " + string(m.Body), "DeadLetterErrorDescription": "It is …" + string(m.Body[9:])}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriverWith(t, triage.Config{Page: []triage.PageRule{{When: `failure.exceptionMessage != ""`, Priority: "P1"}}})
			s := &scribe{Ledger: d.Incidents.Ledger}
			d.Incidents.Ledger, d.Delivery.Ledger, d.Journal.Ledger = s, s, s
			d.Journal.Records = d.Incidents
			m := file.Message
			m.Properties = maps.Clone(m.Properties)
			change(&m)
			m.Entity, m.EnqueuedAt = "error", d.now
			d.queues["error"].messages = []message.Message{m}
			if _, err := d.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			x := d.Explainer(d.Sources[0]).Explain(&m)
			seen := []string{fmt.Sprintf("%+v", d.chat.said), fmt.Sprintf("%+v", d.pager.said), fmt.Sprintf("%+v", x.Shown), fmt.Sprintf("%+v", x.Notices), strings.Join(s.rows, "\n")}
			for _, text := range seen {
				for _, p := range personal {
					if strings.Contains(text, p) {
						t.Errorf("%q stands in %s", p, text)
					}
				}
			}
			if !strings.Contains(seen[0], "[body]") || !strings.Contains(x.Shown.ExceptionMessage, "[body]") {
				t.Errorf("nothing says that the body was there: %s", seen[0])
			}
		})
	}
}

// unescaped is a text whose addresses are plain again.
func unescaped(s string) string {
	return regexp.MustCompile(`(%[0-9A-Fa-f]{2})+`).ReplaceAllStringFunc(s, func(part string) string {
		plain, err := url.PathUnescape(part)
		if err != nil {
			return part
		}
		return plain
	})
}
