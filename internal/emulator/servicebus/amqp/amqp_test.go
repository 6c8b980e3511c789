package amqp

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestValuesSurviveEncodingWithTheirTypes(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, v := range []any{
		nil, true, false, uint8(7), int8(-7), uint16(700), int16(-700), uint32(0), uint32(9), uint32(1 << 20),
		int32(-1), int32(1 << 20), uint64(0), uint64(255), uint64(1 << 40), int64(-128), int64(1 << 40),
		float32(1.5), 2.5, Char('é'), Timestamp(-5),
		UUID{1, 2},
		Decimal32{1},
		Decimal64{2},
		Decimal128{3},
		[]byte{},
		[]byte(long), "", "short", long, Symbol("s"), Symbol(long),
		List{},
		List{nil, "a", List{uint8(1)}},
		Map{},
		Map{{"k", int64(1)}, {Symbol("s"), nil}},
		Map{{"big", long}},
		Described{uint64(0x24), List{}},
		Described{Symbol("x:y"), "v"},
		ArrayOf(UUID{1}, UUID{2}), ArrayOf(Timestamp(1)), ArrayOf(Symbol("a"), Symbol(long)), ArrayOf("a", long), ArrayOf(int64(1), 1<<40),
		Array{Code: codeBool, Items: []any{true, false}},
		Array{Code: codeList32, Items: []any{List{"a"}, List{long}}},
		Array{Descriptor: Symbol("d"), Code: codeUint, Items: []any{uint32(3)}},
	} {
		b := Append(nil, v)
		got, rest, err := Decode(b)
		if err != nil || len(rest) != 0 || !reflect.DeepEqual(got, v) {
			t.Errorf("%#v came back as %#v, %d bytes left, error %v", v, got, len(rest), err)
		}
		if rest, err := Skip(b); err != nil || len(rest) != 0 {
			t.Errorf("Skip(%#v) leaves %d bytes, error %v", v, len(rest), err)
		}
	}
}

func TestMalformedValuesAreRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":                  {},
		"unknown constructor":      {0x3f},
		"string cut short":         {0xa1, 5, 'a'},
		"string not UTF-8":         {0xa1, 1, 0xff},
		"list longer than itself":  {0xc0, 2, 200, 0x40},
		"list with spare bytes":    {0xc0, 3, 1, 0x40, 0x40},
		"map of three":             {0xc1, 4, 3, 0x40, 0x40, 0x40},
		"size beyond int32":        {0xb0, 0xff, 0xff, 0xff, 0xff},
		"a billion nulls":          {0xf0, 0, 0, 0, 5, 0x3b, 0x9a, 0xca, 0, 0x40},
		"nested without end":       bytes.Repeat([]byte{0}, 1000),
		"lists nested without end": bytes.Repeat([]byte{0xd0, 0, 0, 0, 9, 0, 0, 0, 1}, 500),
	} {
		t.Run(name, func(t *testing.T) {
			if v, _, err := Decode(b); err == nil {
				t.Errorf("Decode = %v, want an error", v)
			}
			if _, err := Skip(b); err == nil {
				t.Error("Skip accepts it")
			}
		})
	}
}

func TestPerformativesSurviveEncoding(t *testing.T) {
	for _, p := range []Performative{
		Open{ContainerID: "c", Hostname: "h", MaxFrameSize: 512, ChannelMax: 9, IdleTimeout: 30, Properties: Map{{Symbol("a"), "b"}}},
		Begin{RemoteChannel: new(uint16(3)), NextOutgoingID: 1, IncomingWindow: 2, OutgoingWindow: 3, HandleMax: 4},
		Attach{Name: "l", Handle: 2, Receiver: true, SndSettle: new(uint8(2)), RcvSettle: new(uint8(1)), Source: Described{uint64(0x28), List{"q"}}, InitialDeliveryCount: new(uint32(0)), MaxMessageSize: 1 << 20},
		Flow{NextIncomingID: new(uint32(1)), IncomingWindow: 2, Handle: new(uint32(0)), DeliveryCount: new(uint32(4)), LinkCredit: new(uint32(0)), Drain: true, Echo: true},
		Transfer{Handle: 1, DeliveryID: new(uint32(2)), DeliveryTag: []byte{1}, MessageFormat: new(uint32(0)), Settled: true, More: true},
		Disposition{Receiver: true, First: 1, Last: new(uint32(2)), Settled: true, State: AcceptedState()},
		Detach{Handle: 1, Closed: true, Error: &Error{NotFound, "gone", Map{{Symbol("k"), "v"}}}},
		End{},
		Close{Errorf(FramingError, "odd")},
		SASLMechanisms{[]Symbol{"ANONYMOUS", "PLAIN"}},
		SASLInit{"ANONYMOUS", []byte("x")},
		SASLOutcome{0},
	} {
		got, rest, err := ParseBody(append(AppendPerformative(nil, p), 1, 2))
		if err != nil || len(rest) != 2 || !reflect.DeepEqual(got, p) {
			t.Errorf("%#v came back as %#v, rest %v, error %v", p, got, rest, err)
		}
	}
}

// Python's client reads fields by their places, without looking how many there are.
func TestPerformativesAreWrittenInFull(t *testing.T) {
	bare := &Error{Condition: NotFound}
	for _, tt := range []struct {
		p    Performative
		want int
	}{
		{Open{}, 10},
		{Begin{}, 8},
		{Attach{}, 14},
		{Flow{}, 11},
		{Transfer{}, 11},
		{Disposition{}, 6},
		{Detach{}, 3},
		{End{}, 1},
		{Close{}, 1},
		{Detach{Error: bare}, 3},
		{End{bare}, 1},
		{Close{bare}, 1},
	} {
		v, _, err := Decode(AppendPerformative(nil, tt.p))
		if err != nil {
			t.Fatal(err)
		}
		l := v.(Described).Value.(List)
		if len(l) != tt.want {
			t.Errorf("%T has %d fields, want %d", tt.p, len(l), tt.want)
		}
		if d, ok := l[len(l)-1].(Described); ok && len(d.Value.(List)) != 3 {
			t.Errorf("the error of %T has %d items, want 3", tt.p, len(d.Value.(List)))
		}
	}
	if v := RejectedState(bare).(Described).Value.(List)[0].(Described).Value.(List); len(v) != 3 {
		t.Errorf("the error of a rejection has %d items, want 3", len(v))
	}
}

func TestTransfersAreSplitToTheFrameSize(t *testing.T) {
	payload := bytes.Repeat([]byte("0123456789"), 200)
	frames := Split(5, Transfer{Handle: 1, DeliveryID: new(uint32(7)), DeliveryTag: make([]byte, 16), MessageFormat: new(uint32(0))}, payload, 512)
	var joined []byte
	for i, raw := range frames {
		if len(raw) > 512 {
			t.Errorf("frame %d has %d bytes", i, len(raw))
		}
		f, _, err := ReadFrame(bytes.NewReader(raw), nil, 512)
		if err != nil {
			t.Fatal(err)
		}
		p, part, err := ParseBody(f.Body)
		if err != nil {
			t.Fatal(err)
		}
		tr := p.(Transfer)
		if first := i == 0; (tr.DeliveryID != nil) != first || tr.More != (i < len(frames)-1) || f.Channel != 5 {
			t.Errorf("frame %d is %+v on channel %d", i, tr, f.Channel)
		}
		joined = append(joined, part...)
	}
	if !bytes.Equal(joined, payload) {
		t.Errorf("joined %d bytes, want %d", len(joined), len(payload))
	}
}

func TestMessagesAreCutIntoSections(t *testing.T) {
	head := AppendSection(nil, SectionHeader, List{true})
	props := AppendSection(nil, SectionProperties, List{"id"})
	data := AppendSection(AppendSection(nil, SectionData, []byte("a")), SectionData, []byte("b"))
	foot := AppendSection(nil, SectionFooter, Map{})
	s, err := Cut(bytes.Join([][]byte{head, props, data, foot}, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := Sections{Header: head, Properties: props, Body: data, Footer: foot}
	if !bytes.Equal(s.Body, data) || !bytes.Equal(s.Header, want.Header) || !bytes.Equal(s.Properties, props) || !bytes.Equal(s.Footer, foot) {
		t.Errorf("Cut = %+v", s)
	}
	parts, err := DataSections(s.Body)
	if err != nil || len(parts) != 2 || string(parts[1]) != "b" {
		t.Errorf("DataSections = %q, %v", parts, err)
	}
	notes := AppendSection(nil, SectionDeliveryAnnotations, Map{{Symbol("k"), "v"}})
	for name, parts := range map[string][][]byte{
		"first": {notes, head, props, data, foot}, "in their place": {head, notes, props, data, foot},
		"behind the body": {head, props, data, notes, foot}, "last": {head, props, data, foot, notes},
	} {
		s, err := Cut(bytes.Join(parts, nil))
		if err != nil || !bytes.Equal(s.DeliveryAnnotations, notes) || !bytes.Equal(s.Body, data) || !bytes.Equal(s.Footer, foot) {
			t.Errorf("delivery annotations %s: %+v, %v", name, s, err)
		}
	}
	for name, b := range map[string][]byte{
		"delivery annotations twice":       bytes.Join([][]byte{notes, data, notes}, nil),
		"delivery annotations in the body": bytes.Join([][]byte{data, notes, data}, nil),
		"body before header":               append(append([]byte{}, data...), head...),
		"two headers":                      append(append([]byte{}, head...), head...),
		"value after data":                 AppendSection(append([]byte{}, data...), SectionValue, "x"),
		"data that is a string":            AppendSection(nil, SectionData, "x"),
		"properties as a map":              AppendSection(nil, SectionProperties, Map{}),
		"no section":                       {0x40},
	} {
		if _, err := Cut(b); err == nil {
			t.Errorf("%s: Cut accepts it", name)
		}
	}
}
