package amqp

import (
	"bytes"
	"testing"
)

func FuzzDecode(f *testing.F) {
	f.Add(Append(nil, List{Map{{"a", UUID{}}}, ArrayOf(Symbol("x")), Described{uint64(1), nil}}))
	f.Add([]byte{0xe0, 4, 2, 0xa1, 1, 'a', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		v, rest, err := Decode(b)
		skipped, serr := Skip(b)
		if (err == nil) != (serr == nil) || err == nil && len(rest) != len(skipped) {
			t.Fatalf("Decode: %v, %d left; Skip: %v, %d left", err, len(rest), serr, len(skipped))
		}
		if err != nil {
			return
		}
		again := Append(nil, v)
		w, rest, err := Decode(again)
		if err != nil || len(rest) != 0 {
			t.Fatalf("%#v does not decode again: %v", v, err)
		}
		if !bytes.Equal(Append(nil, w), again) {
			t.Fatalf("%#v became %#v", v, w)
		}
	})
}

func FuzzParseBody(f *testing.F) {
	f.Add(AppendPerformative(nil, Attach{Name: "l"}))
	f.Add(AppendPerformative(nil, Disposition{State: RejectedState(Errorf(NotFound, "x"))}))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, _, err := ParseBody(b)
		if err != nil {
			return
		}
		if d, ok := p.(Disposition); ok {
			ParseOutcome(d.State)
		}
		AppendPerformative(nil, p)
	})
}

func FuzzCut(f *testing.F) {
	f.Add(AppendSection(AppendSection(nil, SectionHeader, List{}), SectionData, []byte("x")))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Cut(b)
		if err != nil {
			return
		}
		parts := [][]byte{s.Header, s.DeliveryAnnotations, s.Annotations, s.Properties, s.Application, s.Body, s.Footer}
		if !bytes.Equal(bytes.Join(parts, nil), b) {
			t.Fatal("sections do not add up to the message")
		}
		for _, l := range [][]byte{s.Header, s.Properties} {
			if _, err := SectionList(l); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range [][]byte{s.DeliveryAnnotations, s.Annotations, s.Application, s.Footer} {
			if _, err := SectionMap(m); err != nil {
				t.Fatal(err)
			}
		}
		BodyValue(s.Body)
		_, _ = DataSections(s.Body)
	})
}
