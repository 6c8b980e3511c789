package jsonerror_test

import (
	"strings"
	"testing"

	"github.com/busbell/busbell/internal/failure/jsonerror"
)

const frames = `   at Shop.Billing.Ledger.BookAsync(Invoice invoice) in /src/Ledger.cs:line 44\n   at Shop.Billing.Worker.HandleAsync(Args args) in /src/Worker.cs:line 12`

func TestExceptionsInJSONAreRead(t *testing.T) {
	const payload = "Anna Example"
	for _, tt := range []struct {
		name, text         string
		typ, message, line string // line: of the first frame
	}{
		{
			"Newtonsoft", `{"ClassName":"System.InvalidOperationException","Message":"Ledger is closed","Data":null,"InnerException":null,"HelpURL":null,"StackTraceString":"` + frames + `","RemoteStackTraceString":null,"HResult":-2146233079,"Source":"Shop.Billing"}`,
			"System.InvalidOperationException", "Ledger is closed", "Shop.Billing.Ledger.BookAsync(",
		},
		{"Newtonsoft, lines of Windows, indented", "{\r\n  \"ClassName\": \"Shop.A\",\r\n  \"Message\": \"a\\r\\nb\",\r\n  \"StackTraceString\": \"   at Shop.X.Y()\\r\\n   at Shop.Z.W()\"\r\n}", "Shop.A", "a\nb", "Shop.X.Y("},
		{
			"Newtonsoft, with a cause", `{"ClassName":"Shop.OuterException","Message":"outer","InnerException":{"ClassName":"Shop.InnerException","Message":"inner","InnerException":null,"StackTraceString":"   at Shop.Disk.Read()"},"StackTraceString":"   at Shop.Worker.Run()"}`,
			"Shop.OuterException", "outer", "Shop.Disk.Read(",
		},
		{"thrown again", `{"ClassName":"Shop.A","Message":"a","StackTraceString":"   at Shop.Late.L()","RemoteStackTraceString":"   at Shop.Early.E()\n--- End of stack trace from previous location ---\n"}`, "Shop.A", "a", "Shop.Early.E("},
		{"System.Text.Json", `{"Type":"System.TimeoutException, System.Private.CoreLib","Message":"too slow","StackTrace":"` + frames + `","InnerException":null}`, "System.TimeoutException", "too slow", "Shop.Billing.Ledger.BookAsync("},
		{"in camel case, trimmed", `{"message":"too slow","stackTrace":"at Shop.X.Y()\nat Shop.Z.W()","type":"TimeoutException"}`, "TimeoutException", "too slow", "Shop.X.Y("},
		{"JavaScript", `{"stack":"TypeError: x is not a function\n    at Charge.handle (/src/charge.js:10:5)\n    at node:internal/process:1:1","message":"x is not a function"}`, "TypeError", "x is not a function", "Charge.handle("},
		{"JavaScript, with a code", `{"code":"ECONNREFUSED","errno":-111,"name":"Error","message":"connect failed","stack":"Error: connect failed\n    at pay (/src/pay.js:3:1)"}`, "Error", "connect failed", "pay.pay("},
		{"Jackson", `{"cause":null,"stackTrace":[{"classLoaderName":"app","methodName":"reserve","className":"com.shop.Stock","lineNumber":88},{"methodName":"run","className":"com.shop.Main"}],"message":"negative","suppressed":[]}`, "", "negative", "com.shop.Stock.reserve("},
		{"a list of frames", `{"message":"m","stack":["   at Shop.X.Y()","   at Shop.Z.W()"]}`, "", "m", "Shop.X.Y("},
		{"beside a payload", `{"originalMessage":"{\"customer\":\"` + payload + `\"}","errorMessage":"Stock is negative"}`, "", "Stock is negative", ""},
		{"behind a payload in an object", `{"payload":{"message":"` + payload + `","error":"` + payload + `"},"error":"Stock is negative"}`, "", "Stock is negative", ""},
		{"a message that is the payload", `{"message":"{\"customer\":\"` + payload + `\"}","exception":"System.IO.IOException: gone\n   at Shop.X.Y()"}`, "System.IO.IOException", "gone", "Shop.X.Y("},
		{"held by an object", `{"orderId":1,"exception":{"ClassName":"Shop.A","Message":"a","StackTraceString":"   at Shop.X.Y()"}}`, "Shop.A", "a", "Shop.X.Y("},
		{"in a string in a string", `{"error":"{\"ClassName\":\"Shop.A\",\"Message\":\"a\"}"}`, "Shop.A", "a", ""},
		{"quoted", `"{\"ClassName\":\"Shop.A\",\"Message\":\"æ \\u00e6\"}"`, "Shop.A", "æ æ", ""},
		{"in a list", `[{"ClassName":"Shop.A","Message":"a"},{"ClassName":"Shop.B","Message":"b"}]`, "Shop.A", "a", ""},
		{"several causes", `{"ClassName":"System.AggregateException","Message":"many","InnerExceptions":[{"ClassName":"Shop.A","Message":"a","StackTraceString":"   at Shop.X.Y()"},{"ClassName":"Shop.B"}]}`, "System.AggregateException", "many", "Shop.X.Y("},
		{"a type and a name that are none", `{"type":"order/placed","name":"` + payload + `","errorMessage":"no"}`, "", "no", ""},
		{"cut in a frame", `{"ClassName":"Shop.A","Message":"a","StackTraceString":"   at Shop.X.Y(Int32 n) in /src/x.cs:line 1\n   at Shop.Z.Wri`, "Shop.A", "a", "Shop.X.Y("},
		{"cut in the message", `{"ClassName":"Shop.A","Message":"the ledger is`, "Shop.A", "the ledger is", ""},
		{"cut in an escape", `{"ClassName":"Shop.A","Message":"the ledger \u00`, "Shop.A", "the ledger ", ""},
		{"cut in a cause", `{"ClassName":"Shop.A","Message":"a","InnerException":{"ClassName":"Shop.B","Message":"b","StackTraceString":"   at Shop.X.Y()\n   at Sh`, "Shop.A", "a", "Shop.X.Y("},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := jsonerror.Read(tt.text)
			if !ok || got.Type != tt.typ || got.Message != tt.message {
				t.Errorf("type %q, message %q, %v", got.Type, got.Message, ok)
			}
			if line, _, _ := strings.Cut(got.Frames, "\n"); tt.line == "" && got.Frames != "" || !strings.Contains(line, tt.line) {
				t.Errorf("frames %q, want %q first", got.Frames, tt.line)
			}
			if strings.Contains(got.Text, payload) {
				t.Errorf("the payload stands in %q", got.Text)
			}
		})
	}
}

func TestAPayloadInASentenceIsLeftOut(t *testing.T) {
	for text, want := range map[string]string{
		`Could not process {"customer":"Anna Example"}: Stock is negative`: "Could not process {…}: Stock is negative",
		`Upstream said {"error":{"code":7,"message":"card declined"}}`:     "Upstream said card declined",
		`Message: {\"customer\":\"Anna Example\"} failed`:                  "Message: {…} failed",
		`{"a":1} and {"b":{"c":"}"}} and {d}`:                              "{…} and {…} and {d}",
		`cut {"customer":"Anna Ex`:                                         "cut {…}",
		"Order {0} not found":                                              "Order {0} not found", "{": "{", "": "", "no JSON": "no JSON",
	} {
		if got := jsonerror.Words(text); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

// What tells of no error is nothing, whatever it is.
func TestJSONWithoutAnErrorIsNone(t *testing.T) {
	for _, text := range []string{
		`{"orderId":40318,"customer":"Anna Example","title":"Dr.","description":"a chair","name":"Anna Example"}`,
		`{"originalMessage":"{\"errorMessage\":\"no\"`, `{}`, `[]`, `{`, `{"`, `{"error`, `{"error"`, `{"error":`, `{"error":42}`, `{"error":null}`, `{"error":{}}`, `{"a":[{"message":"x"}]}`, "", "no JSON", `["text"]`, `{"message":"[1]"}`,
	} {
		if got, ok := jsonerror.Read(text); ok {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// FuzzRead: whatever a text is, what is read of it is no longer than the text,
// and reading what was read as text changes nothing of who threw.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`{"ClassName":"Shop.A","Message":"a\n   at Shop.Fake.F()","InnerException":{"ClassName":"Shop.B","Message":"b"},"StackTraceString":"   at Shop.X.Y()"}`,
		`{"stack":"TypeError: x\n    at f (/a.js:1:1)","message":"x"}`, `{"error":"{\"error\":\"{}\"}"}`, `{"stackTrace":[{"className":"a","methodName":"b"}]}`, `[[["{`, `{"error":{"error":{"error":{`,
		`{"payload":"\ud83e\uddfe \ud83e","errorMessage":"no"}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := jsonerror.Read(text)
		if ok && !jsonerror.Is(text) {
			t.Errorf("read %q, which is no JSON", text)
		}
		if ok != (got.Type != "" || got.Message != "" || got.Frames != "") {
			t.Errorf("%v: %+v", ok, got)
		}
		for _, s := range []string{got.Type, got.Message, got.Frames, got.Text} {
			if len(s) > 2*len(text)+100 {
				t.Errorf("%d bytes of %d", len(s), len(text))
			}
		}
		if said := jsonerror.Words("why: " + text); len(said) > 4*len(text)+100 {
			t.Errorf("%d bytes of %d", len(said), len(text))
		}
		beside := `{"payload":"Anna Example","held":{"a":["Anna Example"]},` + strings.TrimPrefix(strings.TrimSpace(text), "{")
		if with, _ := jsonerror.Read(beside); strings.Contains(with.Text+with.Message, "Anna Example") && !strings.Contains(text, "Anna") {
			t.Errorf("the payload stands in %q", with.Text)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	b.Run("words", func(b *testing.B) {
		text := strings.Repeat(`{"a":1} {{ {\"`, 4_000)
		for b.Loop() {
			jsonerror.Words(text)
		}
	})
	whole := `{"ClassName":"System.InvalidOperationException","Message":"Ledger is closed","Data":null,"InnerException":null,"StackTraceString":"` + strings.Repeat(frames+`\n`, 60) + `","HResult":-2146233079}`
	nested := strings.Repeat(`{"InnerException":`, 4_000)
	for name, text := range map[string]string{
		"6 KB": whole[:6<<10], "nested": nested, "escapes": `{"message":"` + strings.Repeat(`\u00e6`, 10_000), "keys": "{" + strings.Repeat(`"message":"",`, 5_000),
		"arrays": `{"a":` + strings.Repeat("[", 64<<10), "errors": strings.Repeat(`{"error":`, 7_000), "frames": `{"stack":[` + strings.Repeat(`{"className":"a","methodName":"b"},`, 1_900),
		"causes": strings.Repeat(`{"ClassName":"A.B","Message":"m","cause":`, 15) + `{"ClassName":"A.B","StackTrace":"` + strings.Repeat(`   at A.B.C()\n`, 4_000),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				jsonerror.Read(text)
			}
		})
	}
}
