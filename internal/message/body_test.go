package message_test

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/busbell/busbell/internal/message"
	"github.com/busbell/busbell/internal/message/messagefile"
)

func zipped(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.Bytes()
}

func TestEventIsTheSendersOwnPart(t *testing.T) {
	order := map[string]any{"OrderId": int64(40318), "Amount": 119.5, "Lines": []any{"a", nil, true}}
	const text = `{"OrderId":40318,"Amount":119.5,"Lines":["a",null,true]}`
	for _, tt := range []struct {
		name string
		m    message.Message
		want any
	}{
		{"plain", message.Message{Body: []byte(text)}, order},
		{"byte order mark", message.Message{Body: []byte("\ufeff" + text)}, order},
		{"utf-16", message.Message{Body: []byte("\xff\xfe[\x001\x00]\x00")}, []any{int64(1)}},
		{"gzip", message.Message{Properties: map[string]any{"rbs2-msg-type": "A", "rbs2-content-encoding": "gzip"}, Body: zipped(text)}, order},
		{"gzip by its magic", message.Message{Body: zipped(text)}, order},
		{"masstransit", message.Message{ContentType: "application/vnd.masstransit+json", Body: []byte(`{"messageType":["urn:message:A:B"],"message":` + text + `,"sentTime":1}`)}, order},
		{"masstransit raw", message.Message{Properties: map[string]any{"MT-Reason": "fault"}, Body: []byte(text)}, order},
		{"dapr", message.Message{Body: []byte(`{"specversion":"1.0","type":"a","pubsubname":"p","data":` + text + `}`)}, order},
		{"cloud event", message.Message{Body: []byte(`{"data":` + text + `,"specversion":"1.0","type":"a"}`)}, order},
		{"cloud event in base64", message.Message{Body: []byte(`{"data_base64":"WzFd","specversion":"1.0","type":"a"}`)}, []any{int64(1)}},
		{"byte array in binary XML", message.Message{Body: []byte("@\x0cbase64Binary\x083http://schemas.microsoft.com/2003/10/Serialization/\x9e\x02[1\xa1\x01\x00]")}, []any{int64(1)}},
		{"string in binary XML", message.Message{Body: []byte("@\x06string\x083http://schemas.microsoft.com/2003/10/Serialization/\x99\x03[1]")}, []any{int64(1)}},
		{"numbers", message.Message{Body: []byte(`[1,-0,9223372036854775807,9223372036854775808,1.0,1e3,1e999,123456789012345678901234567890]`)}, []any{int64(1), int64(0), int64(9223372036854775807), "9223372036854775808", 1.0, 1000.0, "1e999", "123456789012345678901234567890"}},
		{"a bare value", message.Message{Body: []byte(` "x" `)}, "x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.m.Event()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Event (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBodyErrorsSayWhatItIsAndNotWhatItHolds(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    message.Message
		want string
	}{
		{"empty", message.Message{}, "body is empty"},
		{"blank", message.Message{Body: []byte("\n")}, "body is blank"},
		{"binary", message.Message{ContentType: "application/x-protobuf", Body: []byte("secret\xff")}, "body is binary (application/x-protobuf), 7 bytes"},
		{"binary of a hostile type", message.Message{ContentType: "a/<!channel>", Body: []byte("secret\xff")}, "body is binary, 7 bytes"},
		{"encrypted", message.Message{Properties: map[string]any{"rbs2-content-encryption": "rijndael"}, Body: []byte("secret")}, "body is encrypted, 6 bytes"},
		{"claim check", message.Message{Properties: map[string]any{"rbs2-payload-attachment-id": "17"}}, "body is a claim check: the content lies in a data bus"},
		{"xml", message.Message{Body: []byte("<secret/>")}, "body is XML, 9 bytes"},
		{"text", message.Message{Body: []byte("secret")}, "body is text and no JSON, 6 bytes"},
		{"base64", message.Message{Body: []byte("c2VjcmV0IHNlY3JldCBzZWNyZXQ=")}, "body is base64, 28 bytes"},
		{"encrypted by masstransit", message.Message{ContentType: "application/vnd.masstransit+aes", Body: []byte("secret")}, "body is encrypted, 6 bytes"},
		{"gzip in gzip", message.Message{Body: zipped(string(zipped("secret")))}, "body is binary, 30 bytes"},
		{"a bomb of many members", message.Message{Body: bytes.Repeat(zipped(strings.Repeat("a", 100<<10)), 50)}, "body is gzip of more than 1.0 MiB"},
		{"cut", message.Message{Body: []byte(`{"secret":`)}, "body is damaged JSON, 10 bytes"},
		{"two values", message.Message{Body: []byte(`{} {}`)}, "body is JSON with something behind it, 5 bytes"},
		{"gzip bomb", message.Message{Body: zipped(strings.Repeat("a", 2<<20))}, "body is gzip of more than 1.0 MiB"},
		{"damaged gzip", message.Message{Body: zipped("secret")[:20]}, "body is damaged gzip, 20 bytes"},
		{"no gzip", message.Message{Properties: map[string]any{"rbs2-content-encoding": "gzip"}, Body: []byte("secret")}, "body is said to be gzip and is not, 6 bytes"},
		{"huge", message.Message{Body: []byte(`"` + strings.Repeat("a", 3<<19) + `"`)}, "body is huge, 1.5 MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.m.Event()
			if err == nil || err.Error() != tt.want {
				t.Errorf("Event = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestLegacyNServiceBusBodyIsReadable(t *testing.T) {
	f, err := messagefile.Decode(fixtures(t)["failed-messages/nservicebus-legacy-byte-array-body.json"])
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Message.Content()
	if want := `{"OrderId":39950,"CustomerId":"c-5"}`; err != nil || got != want {
		t.Errorf("Content = %q, %v, want %q", got, err, want)
	}
}

func FuzzMessage(f *testing.F) {
	for _, data := range fixtures(f) {
		file, err := messagefile.Decode(data)
		if err != nil {
			f.Fatal(err)
		}
		m := file.Message
		f.Add(m.Body, m.ContentType, m.Subject, m.Text("NServiceBus.EnclosedMessageTypes"), m.Text("MT-Fault-MessageType"))
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType, subject, types, fault string) {
		m := message.Message{Body: body, ContentType: contentType, Subject: subject, Properties: map[string]any{}}
		if types == "" && fault == "" {
			m.Properties["EventType"] = subject
		}
		if types != "" {
			m.Properties["NServiceBus.EnclosedMessageTypes"] = types
		}
		if fault != "" {
			m.Properties["MT-Fault-MessageType"] = fault
		}
		for _, name := range m.Types() {
			if name == "" {
				t.Error("an empty type")
			}
		}
		m.Identity()
		m.TraceID()
		if _, err := m.Event(); err != nil && len(body) > 200 && strings.Contains(err.Error(), string(body)) {
			t.Error("an error shows the body")
		}
	})
}
