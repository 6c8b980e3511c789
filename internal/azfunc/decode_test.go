package azfunc

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBodyForms(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value string
		want  string
	}{
		{"base64", `"aGVsbG8="`, "hello"},
		{"base64 of nothing", `""`, ""},
		{"base64 with escaped slashes", `"\/\/79"`, "\xff\xfe\xfd"},
		{"text where base64 was declared", `"hello, world"`, "hello, world"},
		{"encoded twice where base64 was declared", `"\"abcd\""`, "abcd"},
		{"encoded twice", `"\"caf\u00e9 \\ud83d\\ude8c\""`, "café 🚌"},
		{"JSON encoded twice", `"\"{\\\"a\\\":\\\"\\\\\\\"\\\"}\""`, `{"a":"\""}`},
		{"a JSON string encoded twice", `"\"\\\"x\\\"\""`, `"x"`},
		{"JSON encoded once", `"{\"a\":1}"`, `{"a":1}`},
		{"an object", `{"a":1.50, "b":[]}`, `{"a":1.50, "b":[]}`},
		{"an array", `[1,2]`, `[1,2]`},
		{"an unfinished quote", `"\"hello"`, `"hello`},
		{"a number", `4`, `4`},
		{"null", `null`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeMessages([]byte(`{"Data":{"m":` + tt.value + `},"Metadata":{"MessageId":"\"m-1\""}}`))
			if err != nil || len(got) != 1 {
				t.Fatalf("decoded %d messages, error %v", len(got), err)
			}
			if string(got[0].Body) != tt.want {
				t.Errorf("body %q, want %q", got[0].Body, tt.want)
			}
			if got[0].ID != "m-1" {
				t.Errorf("id %q, want m-1", got[0].ID)
			}
		})
	}
}

func TestBatchForms(t *testing.T) {
	two := []Message{{Body: []byte("a!"), ID: "1", SequenceNumber: 7}, {Body: []byte(`{"b":1}`)}}
	metadata := `"Metadata":{"MessageIdArray":"[\"1\",null]","SequenceNumberArray":[7]}`
	for _, tt := range []struct {
		name, json string
		want       []Message
	}{
		{"array in a string", `{"Data":{"m":"[\"YSE=\",\"{\\\"b\\\":1}\"]"},` + metadata + `}`, two},
		{"array", `{"Data":{"messages":["YSE=",{"b":1}]},` + metadata + `}`, two},
		{"no metadata", `{"Data":{"messages":"[\"YSE=\"]"},"Metadata":{"sys":{}}}`, []Message{{Body: []byte("a!")}}},
		{"empty", `{"Data":{"messages":"[]"},"Metadata":{}}`, []Message{}},
		{"broken metadata", `{"Data":{"m":["YSE="]},"Metadata":{"MessageIdArray":"[\"1\"","SequenceNumberArray":"x"}}`, []Message{{Body: []byte("a!")}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeMessages([]byte(tt.json))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("messages (-want +got)\n%s", diff)
			}
		})
	}
}

func TestIdentityNeverComesFromABody(t *testing.T) {
	for _, tt := range []struct {
		name, body string // as in JSON, inside two strings
		id         string
	}{
		{"plain text", `hello`, "m"},
		{"an array", `[{\\\"MessageId\\\":1}]`, "m"},
		{"an object without it", `{\\\"id\\\":1}`, "m"},
		{"same name", `{\\\"MessageId\\\":\\\"evil\\\"}`, ""},
		{"another case", `{\\\"MESSAGEID\\\":1}`, ""},
		{"an escaped name", `{\\\"message\\\\u0049d\\\":1}`, ""},
		{"blanks around", `  {\\\"messageid\\\":1} `, ""},
		{"what the host's lenient parser takes", `{messageId:'evil'}`, ""},
		{"an object with rubbish behind", `{\\\"a\\\":1}}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeMessages([]byte(`{"Data":{"m":"\"` + tt.body + `\""},"Metadata":{"MessageId":"\"m\""}}`))
			if err != nil || len(got) != 1 {
				t.Fatalf("decoded %d messages, error %v", len(got), err)
			}
			if got[0].ID != tt.id {
				t.Errorf("id %q, want %q", got[0].ID, tt.id)
			}
		})
	}
}

func TestMetadataForms(t *testing.T) {
	got, err := decodeMessages([]byte(`{"Data":{"m":""},"Metadata":{
		"MessageId":"\"\\\"quoted\\\" é\"","CorrelationId":"single","Label":"\"old name\"","SequenceNumber":9223372036854775807,
		"DeliveryCount":"many","EnqueuedTimeUtc":"2026-11-02T08:00:01","ExpiresAt":"0001-01-01T00:00:00",
		"UserProperties":{"u64":18446744073709551615,"f":1e3,"i":-5,"z":1.0,"s":"2026-11-02","\u006eull":null,"b":true,"o":{"x":[1]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Message{{
		Body: []byte{}, ID: `"quoted" é`, CorrelationID: "single", Subject: "old name", SequenceNumber: 9223372036854775807,
		EnqueuedAt: time.Date(2026, 11, 2, 8, 0, 1, 0, time.UTC),
		Properties: map[string]any{
			"u64": "18446744073709551615", "f": 1000.0, "i": int64(-5), "z": 1.0,
			"s": "2026-11-02", "null": nil, "b": true, "o": `{"x":[1]}`,
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got)\n%s", diff)
	}
}

func TestMalformedEnvelopes(t *testing.T) {
	for _, body := range []string{
		``, ` `, `null`, `[]`, `"x"`, `{`, `{}`, `{"Data":{}}`, `{"Data":null}`, `{"Data":{"m":1}`, `{"Data":{"m":1}} x`,
		`{"Data":{"m":tru}}`, `{"Data":{"m":"\x"}}`, `{"Data":{"m":1,}}`, `{"Data":{"m":1}{}}`, `{"data":{"m":{}}}`,
		`{"Data":{"m":{}, "n":{}}}`, "{\"Data\":{\"m\":\"\n\"}}", `<html>`, "\x00\xff",
	} {
		if _, err := decodeMessages([]byte(body)); !errors.Is(err, errMalformed) {
			t.Errorf("message %q: error %v, want malformed", body, err)
		}
	}
}
