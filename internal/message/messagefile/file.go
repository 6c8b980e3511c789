// Package messagefile keeps a message as JSON that people read: for fixtures,
// for the command explain, and to write down what was met.
package messagefile

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/busbell/busbell/internal/message"
)

// A File is a message kept as JSON, to be read by people and by commands:
// its name, what is special about it, and the message with the entity it lay
// in. Other keys beside "message" are left alone.
type File struct {
	Name, About string
	Message     message.Message
}

// none is the largest time to live that an AMQP header can say. Senders
// write it where they mean none.
const none = math.MaxUint32 * time.Millisecond

// file is the shape of a message file.
type file struct {
	Name    string   `json:"name,omitempty"`
	About   string   `json:"about,omitempty"`
	Entity  string   `json:"entity"`
	Message *fileMsg `json:"message"`
}

type fileMsg struct {
	MessageID             *string                    `json:"messageId"`
	CorrelationID         *string                    `json:"correlationId"`
	Subject               *string                    `json:"subject"`
	ContentType           *string                    `json:"contentType"`
	ReplyTo               *string                    `json:"replyTo,omitempty"`
	SessionID             *string                    `json:"sessionId,omitempty"`
	PartitionKey          *string                    `json:"partitionKey,omitempty"`
	SequenceNumber        int64                      `json:"sequenceNumber"`
	EnqueuedTime          string                     `json:"enqueuedTime"`
	DeliveryCount         int                        `json:"deliveryCount"`
	TimeToLive            string                     `json:"timeToLive,omitempty"`
	DeadLetterSource      *string                    `json:"deadLetterSource,omitempty"`
	ApplicationProperties map[string]json.RawMessage `json:"applicationProperties"`
	Body                  fileBody                   `json:"body"`
}

type fileBody struct {
	Encoding string `json:"encoding"` // utf8, base64, gzip+base64
	Value    string `json:"value"`
	Sections *int   `json:"sections,omitempty"`
}

// Decode reads a message file. An error names the key it is about.
func Decode(data []byte) (File, error) {
	var f file
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &f); err != nil {
		return File{}, fmt.Errorf("message file: %w", err)
	}
	if f.Message == nil {
		return File{}, fmt.Errorf(`message file: no "message"`)
	}
	m, err := f.Message.decode()
	if err != nil {
		return File{}, fmt.Errorf("message file: message.%w", err)
	}
	m.Entity = f.Entity
	return File{Name: f.Name, About: f.About, Message: m}, nil
}

func (f *fileMsg) decode() (message.Message, error) {
	m := message.Message{
		ID: text(f.MessageID), CorrelationID: text(f.CorrelationID), Subject: text(f.Subject), ContentType: text(f.ContentType),
		ReplyTo: text(f.ReplyTo), SessionID: text(f.SessionID), PartitionKey: text(f.PartitionKey),
		DeadLetterSource: text(f.DeadLetterSource),
		SequenceNumber:   f.SequenceNumber, DeliveryCount: f.DeliveryCount,
		Properties: make(map[string]any, len(f.ApplicationProperties)),
	}
	var err error
	if f.EnqueuedTime != "" {
		if m.EnqueuedAt, err = time.Parse(time.RFC3339, f.EnqueuedTime); err != nil {
			return m, fmt.Errorf("enqueuedTime: %w", err)
		}
		m.EnqueuedAt = message.Moment(m.EnqueuedAt)
	}
	if f.TimeToLive != "" {
		if m.TimeToLive, err = time.ParseDuration(f.TimeToLive); err != nil {
			return m, fmt.Errorf("timeToLive: %w", err)
		}
		if m.TimeToLive == none {
			m.TimeToLive = 0
		}
	}
	for _, key := range slices.Sorted(maps.Keys(f.ApplicationProperties)) { // so that one file has one error
		if m.Properties[key], err = decodeProperty(f.ApplicationProperties[key]); err != nil {
			return m, fmt.Errorf("applicationProperties[%q]: %w", key, err)
		}
	}
	if m.Body, err = f.Body.decode(); err != nil {
		return m, fmt.Errorf("body: %w", err)
	}
	return m, nil
}

func (b fileBody) decode() ([]byte, error) {
	switch b.Encoding {
	case "", "utf8":
		if b.Value == "" && (b.Sections == nil || *b.Sections == 0) {
			return nil, nil
		}
		return []byte(b.Value), nil
	case "base64", "gzip+base64":
		return base64.StdEncoding.DecodeString(b.Value)
	default:
		return nil, fmt.Errorf("encoding %q is not one of utf8, base64, gzip+base64", b.Encoding)
	}
}

// Encode writes a message file, indented. Decoding it gives the same message
// again; a property of a type that no message file knows is an error.
func (f File) Encode() ([]byte, error) {
	m := &f.Message
	out := fileMsg{
		MessageID: absent(m.ID), CorrelationID: absent(m.CorrelationID), Subject: absent(m.Subject), ContentType: absent(m.ContentType),
		ReplyTo: absent(m.ReplyTo), SessionID: absent(m.SessionID), PartitionKey: absent(m.PartitionKey),
		DeadLetterSource: absent(m.DeadLetterSource),
		SequenceNumber:   m.SequenceNumber, DeliveryCount: m.DeliveryCount,
		ApplicationProperties: make(map[string]json.RawMessage, len(m.Properties)),
		Body:                  encodeBody(m.Body),
	}
	if !m.EnqueuedAt.IsZero() {
		out.EnqueuedTime = m.EnqueuedAt.UTC().Format(time.RFC3339Nano)
	}
	if m.TimeToLive > 0 {
		out.TimeToLive = m.TimeToLive.String()
	}
	for key, v := range m.Properties {
		raw, err := encodeProperty(v)
		if err != nil {
			return nil, fmt.Errorf("message file: message.applicationProperties[%q]: %w", key, err)
		}
		out.ApplicationProperties[key] = raw
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(file{Name: f.Name, About: f.About, Entity: m.Entity, Message: &out}); err != nil {
		return nil, fmt.Errorf("message file: %w", err)
	}
	return b.Bytes(), nil
}

func encodeBody(b []byte) fileBody {
	switch {
	case bytes.HasPrefix(b, []byte{0x1f, 0x8b}):
		return fileBody{Encoding: "gzip+base64", Value: base64.StdEncoding.EncodeToString(b)}
	case !utf8.Valid(b):
		return fileBody{Encoding: "base64", Value: base64.StdEncoding.EncodeToString(b)}
	case b != nil && len(b) == 0:
		one := 1
		return fileBody{Encoding: "utf8", Sections: &one}
	default:
		return fileBody{Encoding: "utf8", Value: string(b)}
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func absent(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
