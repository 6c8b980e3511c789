package pattern

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"
)

func TestAPatternLeavesOutValues(t *testing.T) {
	for _, tt := range []struct{ message, want string }{
		{"Message could not be consumed after 10 delivery attempts.", "Message could not be consumed after # delivery attempts."},
		{"Order 40318 of c-771", "Order # of #"},
		{"message 322d6063-5c2a-4299-8e3c-058759cac182 is bad", "message # is bad"},
		{"Connection refused 127.0.0.1:16099", "Connection refused #"},
		{"at 2026-04-17T08:34:02.417Z and 17.04.2026 08.34.02", "at # and # #"},
		{"amount 1,234.50 and 1.234,50 and 1\u202f234,50", "amount # and # and #"},
		{"Violation of 'PK_Points' in object \"dbo.Points\"", "Violation of # in object #"},
		{"don't fold the customer's words", "don't fold the customer's words"},
		{"Could not deserialize JSON text: '{\"OrderId\": \"forty\"'", "Could not deserialize JSON text: #"},
		{"GET https://shop.example/orders/x?y=z failed", "GET https# failed"},
		{"type urn:message:Shop:A here", "type urn# here"},
		{"Kunde Søren Æbelø", "Kunde Søren Æbelø"},
		{"", ""},

		{"No account for anna.rossi@shop.example, order refused", "No account for #, order refused"},
		{"customer=o'neil+ordrer@shop.example: søren.æbelø@shop.example", "customer=#: #"},
		{"Start [Mon, 05 Oct 2026 08:00:00 GMT] - Expiry [Thu, 05 Nov 2026 09:00:00 GMT]", "Start [#] - Expiry [#]"},
		{"at Mon Oct 05 2026 08:00:00 GMT+0200 (Central European Summer Time) by", "at # by"},
		{"am Montag, 5. Oktober 2026 und am 5 octobre 2026", "am # und am #"},
		{"el lunes, 5 de octubre de 2026 a las 8", "el # a las #"},
		{"closed on Sunday", "closed on #"},
		{"on 10/5/2026 2:41:30 PM and 2:41\u202fp. m.", "on # and #"},
		{"2026年10月5日星期一 下午2:41", "#年#月#日# #"},
		{"This may march on, or sun and mon", "This may march on, or sun and mon"},
		{"17 out of 20 set to 5", "# out of # set to #"},
		{"Konto „Anna“, «Bo», “C”, ‚D‘, ‘E’, »F«, ”G”, `H'", "Konto #, #, #, #, #, #, #, #"},
		{"the customer’s don’t", "the customer’s don’t"},
		{"name 'O''Neil' or 'O\\'Neil' or {\\\"a\\\"}", "name # or # or {\\#}"},
		{"No service for type 'Shop.IMailer' has been registered", "No service for type 'Shop.IMailer' has been registered"},
		{"no bean of type `com.shop.Mailer`, no \"IMailer\"", "no bean of type `com.shop.Mailer`, no \"IMailer\""},
		{"Method not found: 'Void Shop.Mailer.Send(System.String)'", "Method not found: 'Void Shop.Mailer.Send(System.String)'"},
		{"load “Shop.IRepository`1[[Shop.A, Shop, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null]]”", "load “Shop.IRepository`1[[Shop.A, Shop]]“"},
		{"file 'Report.Pdf' of table 'dbo.Points' at 'shop.example' with 'Order.A40318'", "file # of table # at # with #"},
		{"open /srv/in/anna.csv: Permission denied", "open #: Permission denied"},
		{`open C:\Program Files\Shop\in\anna.csv or \\nas\in\a.csv failed`, "open # or # failed"},
		{"GET /orders/anna?x=y failed, ../in/anna.csv too", "GET # failed, # too"},
		{"read in/anna-rossi.csv and invoice.PDF", "read # and #"},
		{"www.shop.example, shop.example/orders/anna", "#, #"},
		{"and/or, application/json, System.Text.Json, <a></a>, n/a", "and/or, application/json, System.Text.Json, <a></a>, n/a"},
		{"within 10 s, 00:00:10, 500 ms, 1 minute and 30 seconds, PT1M, 10s", "within # s, #, # s, #, #"},
		{"after 3 hours or 1,5 Stunden", "after # s or # s"},
		{"after 3 items in 5 order", "after # items in # order"},
		{"1,234 bytes, 12 KB; 1.5 MiB", "# B; # B"},
		{"hash deadbeefcafe, key c2hvcA==, mac AA:BB:CC:0D:EE:FF, fe80::1ff:fe23:4567:890a, DE AD BE EF 01", "hash #, key #, mac #, #, #"},
		{"AAEC/wQF+Bgc/ICQoLDA0ODxAREhMUFRYX is", "# is"},
		{"a facade of a decade, sent to Shop/Orders/Handlers", "a facade of a decade, sent to Shop/Orders/Handlers"},
	} {
		if got := string(Append(nil, tt.message)); got != tt.want {
			t.Errorf("Append(%q) = %q, want %q", tt.message, got, tt.want)
		}
	}
}

// values are what differs from case to case, each with its kinds of value.
var values = []func(*rand.Rand) string{
	func(r *rand.Rand) string { return fmt.Sprint(r.IntN(1_000_000)) },
	func(r *rand.Rand) string { return fmt.Sprintf("%d.%02d", r.IntN(1000), r.IntN(100)) },
	func(r *rand.Rand) string { return fmt.Sprintf("%d,%02d", r.IntN(1000), r.IntN(100)) },
	func(r *rand.Rand) string {
		return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Int64N(1<<48)) // begins perhaps with letters alone
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("20%02d-%02d-%02d", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28))
	},
	func(r *rand.Rand) string {
		return fmt.Sprintf("20%02d-%02d-%02dT0%d:34:02.417Z", r.IntN(100), 1+r.IntN(12), 1+r.IntN(28), r.IntN(10))
	},
	func(r *rand.Rand) string { return fmt.Sprintf("c-%d", r.IntN(1000)) },
	func(r *rand.Rand) string {
		return fmt.Sprintf("10.0.%d.%d:%d", r.IntN(256), r.IntN(256), r.IntN(65536))
	},
	func(r *rand.Rand) string { return fmt.Sprintf("'%s'", names[r.IntN(len(names))]) },
	func(r *rand.Rand) string { return fmt.Sprintf("%q", names[r.IntN(len(names))]) },
	func(r *rand.Rand) string {
		return fmt.Sprintf("https://shop.example/%s", strings.ReplaceAll(names[r.IntN(len(names))], " ", "+"))
	},
}

// A day in each of the ways in which programs write it.
var days = []func(*rand.Rand) string{
	layout(time.RFC1123), layout(time.RFC1123Z), layout(time.RFC850), layout(time.ANSIC), layout(time.UnixDate),
	layout("Monday, January 2, 2006 3:04:05 PM"), layout("1/2/2006 3:04:05 PM"), layout("2 Jan 2006"), layout("Jan-02-2006"), layout("Monday"),
	layout("Mon Jan 02 2006 15:04:05 GMT-0700 (Central European Time)"),
	spelled("%[1]s, %[2]d. %[3]s %[4]d 08:15", "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag", "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
	spelled("%[1]s %[2]d %[3]s %[4]d à 08:15", "lundi mardi mercredi jeudi vendredi samedi dimanche", "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
	spelled("%[1]s, %[2]d de %[3]s de %[4]d", "lunes martes miércoles jueves viernes sábado domingo", "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
	spelled("%[1]s %[2]d %[3]s %[4]d", "lunedì martedì mercoledì giovedì venerdì sabato domenica", "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
	spelled("%[1]s, %[2]d de %[3]s de %[4]d", "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo", "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
	spelled("%[1]s %[2]d %[3]s %[4]d", "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag", "januari februari maart april mei juni juli augustus september oktober november december"),
	spelled("%[1]s den %[2]d. %[3]s %[4]d kl. 08.15", "mandag tirsdag onsdag torsdag fredag lørdag søndag", "januar februar marts april maj juni juli august september oktober november december"),
	spelled("%[1]s den %[2]d %[3]s %[4]d", "måndag tisdag onsdag torsdag fredag lördag söndag", "januari februari mars april maj juni juli augusti september oktober november december"),
	spelled("%[1]s, %[2]d %[3]s %[4]d", "poniedziałek wtorek środa czwartek piątek sobota niedziela", "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"),
	spelled("%[2]d %[3]s %[4]d г.", "понедельник", "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"),
}

func moment20(r *rand.Rand) time.Time {
	return time.Date(2000+r.IntN(40), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC)
}

func layout(form string) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return moment20(r).Format(form) }
}

func spelled(form, days, months string) func(*rand.Rand) string {
	d, m := strings.Fields(days), strings.Fields(months)
	return func(r *rand.Rand) string {
		return fmt.Sprintf(form+"%.0[5]d", d[r.IntN(len(d))], 1+r.IntN(28), m[r.IntN(len(m))], 2000+r.IntN(40), 0)
	}
}

// pairs of quotes.
var quotes = []string{"''", `""`, "``", "“”", "„“", "„”", "‘’", "‚‘", "«»", "»«", "‹›", "””", "「」"}

func init() {
	for _, pair := range quotes {
		open := []rune(pair)
		values = append(values, func(r *rand.Rand) string { return string(open[0]) + pick(r, names) + string(open[1]) })
	}
	values = append(values, days...)
	values = append(values,
		func(r *rand.Rand) string { return pick(r, people) + "@" + pick(r, hosts) },
		func(r *rand.Rand) string { return "<" + pick(r, people) + "@" + pick(r, hosts) + ">" },
		func(r *rand.Rand) string { return pick(r, hosts) + "/" + pick(r, folders) },
		func(r *rand.Rand) string { return "/srv/in/" + pick(r, folders) + "/" + pick(r, files) },
		func(r *rand.Rand) string { return `C:\Shop Data\` + pick(r, folders) + `\` + pick(r, files) },
		func(r *rand.Rand) string { return `\\nas\` + pick(r, folders) + `\` + pick(r, files) },
		func(r *rand.Rand) string { return pick(r, folders) + "/" + pick(r, files) },
		func(r *rand.Rand) string { return pick(r, files) },
		func(r *rand.Rand) string { return pick(r, durations) },
		func(r *rand.Rand) string { return pick(r, sizes) },
		func(r *rand.Rand) string { return time.Duration(r.Int64N(1e13)).Round(time.Millisecond).String() },
		func(r *rand.Rand) string { return fmt.Sprintf("0x%08X", r.Uint32()) },
		func(r *rand.Rand) string { return hex.EncodeToString(randomBytes(r, 4+r.IntN(30))) },
		func(r *rand.Rand) string { return strings.ToUpper(hex.EncodeToString(randomBytes(r, 16))) },
		func(r *rand.Rand) string { return fmt.Sprintf("% X", randomBytes(r, 16)) },
		func(r *rand.Rand) string { return net.HardwareAddr(randomBytes(r, 6)).String() },
		func(r *rand.Rand) string {
			return net.IP(append([]byte{0xfe, 0x80, 0, 0}, randomBytes(r, 12)...)).String()
		},
		func(r *rand.Rand) string { return base64.StdEncoding.EncodeToString(randomBytes(r, 16)) },
		func(r *rand.Rand) string { return base64.StdEncoding.EncodeToString(randomBytes(r, 32+r.IntN(2))) },
		func(r *rand.Rand) string { return base64.RawURLEncoding.EncodeToString(randomBytes(r, 32)) },
	)
}

var (
	people    = []string{"anna", "anna.rossi", "o'neil+ordrer", "søren", "bo-berg", "x_9"}
	folders   = []string{"anna", "anna.rossi", "søren", "bo-berg", "x_9/in"}
	hosts     = []string{"shop.example", "mail.shop.example", "a-b.example"}
	files     = []string{"orders.csv", "anna-rossi.PDF", "a.b.json", "x-9.xml"}
	durations = []string{"10 s", "1 minute", "2 minutes", "500 ms", "1,5 hours", "1 hour 3 minutes", "3 days, 2 hours and 5 seconds", "30 Sekunden", "2 jours"}
	sizes     = []string{"1 byte", "1,234 bytes", "12 KB", "1.5 MiB", "3 GB"}
)

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

var names = []string{"Anna", "Søren Æbelø", "a b c", "17", "日本", "x-9"}

var vocabulary = strings.Fields("order customer card was rejected for because of the payment in queue with status and no answer came within while reading Kunde er spærret")

// template is a sentence with places for values, "%s".
func template(r *rand.Rand) (string, []int) {
	var words []string
	var kinds []int
	for range 4 + r.IntN(12) {
		words = append(words, vocabulary[r.IntN(len(vocabulary))])
		if r.IntN(3) == 0 {
			words, kinds = append(words, "%s"), append(kinds, r.IntN(len(values)))
		}
	}
	return strings.Join(words, " "), kinds
}

func fill(r *rand.Rand, template string, kinds []int) string {
	var all []any
	for _, k := range kinds {
		all = append(all, values[k](r))
	}
	return fmt.Sprintf(template, all...)
}

func TestOtherValuesKeepThePatternAndOtherWordsDoNot(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		text, kinds := template(r)
		a, b := fill(r, text, kinds), fill(r, text, kinds)
		if x, y := string(Append(nil, a)), string(Append(nil, b)); x != y {
			t.Fatalf("%q: %q\n%q: %q", a, x, b, y)
		}
		if len(a) > maxPattern {
			continue
		}
		at := r.IntN(len(vocabulary))
		other := strings.Replace(text, vocabulary[at], "elsewhere", 1)
		if x, y := string(Append(nil, a)), string(Append(nil, fill(r, other, kinds))); other != text && x == y {
			t.Fatalf("%q and %q are one: %q", text, other, x)
		}
	}
}

// What is not of the team's making may differ in one word alone.
func TestTwoTypesAreTwoPatterns(t *testing.T) {
	types := []string{"Shop.IMailer", "Shop.ICarrier", "Shop.Orders.OrderPlaced", "Shop.Outer+Inner", "Shop.IHandle`1[Shop.A]", "Shop.IHandle`1[Shop.B]", "Shop.IHandle<Shop.A>", "com.shop.Mailer", "com.shop.Outer$Inner", "IMailer", "ICarrier", "Shop.A, Shop", "Shop.A[]", "Shop.Mailer.Send()"}
	for _, pair := range quotes {
		open := []rune(pair)
		seen := map[string]string{}
		for _, typ := range types {
			if strings.ContainsRune(typ, '`') && open[0] == '`' {
				continue
			}
			text := "Unable to resolve " + string(open[0]) + typ + string(open[1]) + " of 'Anna'"
			got := string(Append(nil, text))
			if other, ok := seen[got]; ok {
				t.Errorf("%q and %q are one: %q", text, other, got)
			}
			seen[got] = text
		}
	}
}

// FuzzAppend: whatever a text holds, its pattern is short and begins with what
// was there.
func FuzzAppend(f *testing.F) {
	for _, seed := range []string{"a", "\xff'a", "星", "“x", "a@", "5 s", "5 a", "'A.B(", "::1", "c:\\", "1'2", "may 5 (x Time)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := string(Append([]byte("#"), s))
		if !strings.HasPrefix(got, "#") || len(got) > len(s)+64 {
			t.Errorf("%q: %q", s, got)
		}
	})
}

func BenchmarkHostile(b *testing.B) {
	for _, part := range []string{"a.", "a@", "1 ", "a ", "'", "\\\\a ", "a/b.", "5 s ", "a:", "mon ", "é", "“", "A1+", "'A.B", "x\\y z", "5 mai "} {
		text := strings.Repeat(part, 64<<10/len(part))
		b.Run(part, func(b *testing.B) {
			for b.Loop() {
				Append(nil, text)
			}
		})
	}
}
