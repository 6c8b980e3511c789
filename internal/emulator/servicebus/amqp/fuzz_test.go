package amqp

import (
	"bytes"
	"runtime"
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

// What decodes garbage must not be made to allocate more than a client could
// have sent: counts and sizes in the input are claims.
func FuzzAllocations(f *testing.F) {
	f.Add(Append(nil, List{Map{{"a", UUID{}}}, ArrayOf(Symbol("x"))}))
	for _, item := range []byte{codeNull, codeTrue, codeUint0, codeList0, codeUbyte, codeSym32, codeArray32} {
		f.Add([]byte{codeArray32, 0, 0, 0, 5, 0xff, 0xff, 0xff, 0xff, item})
		f.Add([]byte{codeArray32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, item})
		f.Add([]byte{codeArray8, 2, 0xff, item})
	}
	for _, code := range []byte{codeList32, codeMap32, codeBin32, codeStr32} {
		f.Add([]byte{code, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe})
		f.Add([]byte{code, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xfe})
	}
	f.Add(bytes.Repeat([]byte{codeList8, 0xff, 0xff}, 100))
	f.Fuzz(func(t *testing.T, b []byte) {
		const each, free = 256, 64 << 10 // bytes for each of the input, and for what else runs
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, _ = Decode(b)
		_, _ = Skip(b)
		_, _, _ = ParseBody(b)
		_, _ = Cut(b)
		_, _ = DataSections(b)
		_, _, _ = ReadFrame(bytes.NewReader(b), nil, 1<<20)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(each*len(b)+free) {
			t.Errorf("%d bytes made the decoders allocate %d", len(b), got)
		}
	})
}
