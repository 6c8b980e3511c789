package privacy

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// All secrets here are invented, and put together from parts so that nobody
// who looks for real ones stumbles over them.
var (
	storageKey = strings.Repeat("aB3+", 21) + "xY" + "=="
	busKey     = strings.Repeat("aB3/", 10) + "xYz" + "="
	jwt        = "eyJ" + "hbGciOiJub25lIn0" + "." + "eyJzdWIiOiJub2JvZHkifQ" + "." + "c2lnbmF0dXJl"
	slackBot   = "xox" + "b-" + "111111111111-222222222222-abcdefghijklmnop"
	gitHub     = "gh" + "p_" + strings.Repeat("a1", 18)
	awsKey     = "AK" + "IA" + "IOSFODNN7EXAMPL1"
	pem        = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE\n-----END RSA " + "PRIVATE KEY-----"
)

func masker(t testing.TB, cfg Config) *Masker {
	t.Helper()
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWhatIsSecretOrPersonalIsMasked(t *testing.T) {
	m := masker(t, Config{Mask: []Pattern{{"customer number", `C-\d{6}`}}})
	for _, tt := range []struct{ name, text, want string }{
		{"e-mail", "Customer anna.rossi+bus@mail.example.com is blocked.", "Customer [e-mail] is blocked."},
		{"e-mail in brackets", "<anna@example.com>", "<[e-mail]>"},
		{"e-mail of another script", "søren.æbelø@æbelø.example, then", "[e-mail], then"},
		{"e-mail in a URL", "?to=anna%40example.com&x=1", "?to=[e-mail]&x=1"},
		{"IBAN", "IBAN DE89 3704 0044 0532 0130 00, please", "IBAN [IBAN], please"},
		{"IBAN in one", `"Iban":"DE89370400440532013000"`, `"Iban":"[IBAN]"`},
		{"IBAN in small letters", "nl91abna0417164300", "[IBAN]"},
		{"card", "card 4111 1111 1111 1111, declined", "card [card], declined"},
		{"card in one", `{"Card":"4111111111111111"}`, `{"Card":"[card]"}`},
		{"card with dashes", "card-5555-5555-5555-4444", "card-[card]"},
		{"card of fifteen", "3782 822463 10005", "[card]"},
		{"phone", "call +39 06 1234 5678 now", "call [phone] now"},
		{"phone with brackets", "+1 (555) 010-9999", "[phone]"},
		{"phone in one", "tel:+4930123456789", "tel:[phone]"},
		{"IBAN with blanks of another width", "GB82\u00a0WEST\u00a01234\u00a05698\u00a07654\u00a032", "[IBAN]"},
		{"IBAN with dashes", "DE89-3704-0044-0532-0130-00", "[IBAN]"},
		{"card with blanks of another width", "4111\u202f1111\u202f1111\u202f1111", "[card]"},
		{"card with points", "4111.1111.1111.1111", "[card]"},
		{"phone abroad", "call 0039 06 1234 5678 now", "call [phone] now"},
		{"phone by its name", "Tel.: 06 1234 5678, mobile=0612345678", "Tel.: [phone], mobile=[phone]"},
		{"phone in JSON", `{"customerPhone": "(415) 555-2671"}`, `{"customerPhone": "[phone]"}`},
		{"basic by itself", "Basic YW5uYTpzZWNyZXQ= refused", "Basic [key] refused"},
		{"another scheme", "Authorization: SharedKey shop:aB3+aB3/xYz12=", "Authorization: SharedKey [key]"},
		{"cookie", "Set-Cookie: .Session=abc123; path=/\nnext", "Set-Cookie: [key]\nnext"},
		{"token in a log", "token: abc123def456 refused", "token: [key] refused"},
		{"password's hash", "PasswordHash=abc", "PasswordHash=[key]"},
		{"bearer", "Authorization: Bearer abcdef0123456789.x", "Authorization: Bearer [key]"},
		{"basic", "Authorization: Basic YW5uYTpzZWNyZXQ=", "Authorization: Basic [key]"},
		{"json web token", "token was " + jwt + " and expired", "token was [key] and expired"},
		{"storage key", "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=" + storageKey + ";EndpointSuffix=core.windows.net", "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=[key];EndpointSuffix=core.windows.net"},
		{"bus key", "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=" + busKey, "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=[key]"},
		{"a key without a name", "tried " + storageKey + " in vain", "tried [key] in vain"},
		{"database", "Server=db;User Id=shop;Password=hunter two;Encrypt=true", "Server=db;User Id=shop;Password=[key];Encrypt=true"},
		{"pwd", "Pwd=hunter2;", "Pwd=[key];"},
		{"JSON", `{"user":"anna","password":"hun\"ter2","ok":1}`, `{"user":"anna","password":"[key]","ok":1}`},
		{"JSON in JSON", `"{\"client_secret\": \"hunter2\", \"a\": 1}"`, `"{\"client_secret\": \"[key]\", \"a\": 1}"`},
		{"api key", "api_key=not-a-real-key-0123456789, @here", "api_key=[key] @here"},
		{"header", "x-api-key: 12345678", "x-api-key: [key]"},
		{"function key", "POST https://shop.example/api/pay?code=abc123&id=7", "POST https://shop.example/api/pay?code=[key]&id=7"},
		{"signature", "https://shop.blob.core.windows.net/a?sv=1&sig=ab%2Bc%3D&se=2", "https://shop.blob.core.windows.net/a?sv=1&sig=[key]&se=2"},
		{"token in a URL", "/reset?token=abc&next=/", "/reset?token=[key]&next=/"},
		{"userinfo", "amqps://shop:hunter2@bus.example:5671/x", "amqps://[key]@bus.example:5671/x"},
		{"slack", "with " + slackBot + ".", "with [key]."},
		{"slack webhook", "https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/[key]"},
		{"github", gitHub, "[key]"},
		{"aws", awsKey + " denied", "[key] denied"},
		{"private key", "a\n" + pem + "\nb", "a\n[key]\nb"},
		{"private key, cut", "a " + pem[:40], "a [key]"},
		{"own", "of C-123456 and C-654321", "of [customer number] and [customer number]"},
		{"two at once", "a@example.com,b@example.com", "[e-mail],[e-mail]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := m.Mask(tt.text)
			if got != tt.want {
				t.Errorf("Mask(%q)\n got %q\nwant %q", tt.text, got, tt.want)
			}
			if again := m.Mask(got); again != got {
				t.Errorf("masked again: %q, was %q", again, got)
			}
		})
	}
}

func TestWhatPeopleNeedStays(t *testing.T) {
	m := masker(t, Config{})
	for _, text := range []string{
		"", "Payment gateway rejected charge for order 40318: card_declined",
		"Order 4031800001 of c-771", "order 4111111111111112", "ticks 638000000000000000", "1764000000000000",
		"0f6c7f0e-5d0a-4a2e-9d44-6f2f5f7f3b0a", "be12cdef-1234-5678-9abc-def012345678", "4bf92f3577b34da6a3ce929d0e0e4736", "0.4111111111111111",
		"   at Shop.Billing.Gateway.StripeGateway.ChargeAsync(ChargeRequest request, CancellationToken token) in /src/Shop.Billing/Gateway/StripeGateway.cs:line 87",
		"   at Shop.Billing.Pricing.apply@31.Invoke(Unit unitVar)",
		"   at Shop.Billing.Lines(Int32 n)+MoveNext()",
		"Shop.Orders.Contracts.OrderPlaced, Shop.Orders.Contracts, Version=1.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089",
		"5 unhandled exceptions: 11/24/2026 2:41:28 PM +01:00: System.TimeoutException", "2026-04-17T10:33:58.1234567+02:00", "+10:00",
		"No connection to invoices-db:5432 within 15 s", "Connection refused 127.0.0.1:16099",
		"Cannot get the value of a token type 'String' as a number.", "Unexpected token: }", "key=40318", "code=E42", "country code: SM",
		"Basic authentication failed", "Bearer authentication failed", "SharedAccessKeyName=RootManageSharedAccessKey",
		"<@U012AB3CD> and <!channel> @here", "package@1.2.3", "sb://shop.servicebus.windows.net/orders", "Password=", `"password":""`,
		"DE89 3704 0044 0532 0130 01", "0040318 of 2026", "00 44 11", "id 0012345678901", "0012-3456 is a part", "phone number missing", "telephone: unknown",
		"Process(CancellationToken token=default)", "token=null", "password = null, then", "no token: expired", "Authorization: denied for everybody", "cookie monster",
		"Basic c29tZXRoaW5n", "Hotel: 12345678 rooms", "4111.1111.1111.1112", "version 1.2.3.4", "10.0.0.1:5672", "1 + 12345678", "SKU-0042 +5",
	} {
		if got := m.Mask(text); got != text {
			t.Errorf("Mask(%q) = %q", text, got)
		}
	}
}

// One in ten numbers has the check digit of a card's.
func TestNumbersOfOrdersAndArticlesStay(t *testing.T) {
	m := masker(t, Config{})
	for n := range 3000 {
		for _, text := range []string{
			fmt.Sprintf("order %d failed", 4_000_123_412_340_000+n), fmt.Sprintf(`{"orderId":"%d"}`, 5_500_000_000_000_000+n),
			fmt.Sprintf("EAN %d", 4_006_381_330_000+n), fmt.Sprint(4_012_345_670_000 + n),
		} {
			if got := m.Mask(text); got != text {
				t.Fatalf("Mask(%s) = %s", text, got)
			}
		}
	}
}

func TestNationalIDsAreMaskedWhereTheyAreAskedFor(t *testing.T) {
	all := masker(t, Config{NationalIDs: []string{"Codice Fiscale", "ssn", "CPR", "NHS"}})
	none := masker(t, Config{})
	for _, tt := range []struct{ text, want string }{
		{"of RSSMRA85T10A562S now", "of [codice fiscale] now"},
		{`"cf":"rssmra85t10a562s"`, `"cf":"[codice fiscale]"`},
		{"cf_RSSMRA85T10A562S", "cf_[codice fiscale]"},
		{"SSN 123-45-6789.", "SSN [SSN]."},
		{"123 45 6789", "[SSN]"},
		{"123\\u002d45\\u002d6789", "[SSN]"},
		{"ssn=123456789", "ssn=[SSN]"},
		{"CPR 010203-1234", "CPR [CPR]"},
		{"cprNumber: 3112991234", "cprNumber: [CPR]"},
		{"NHS 943 476 5919", "NHS [NHS]"},
		{"nhs-number: 9434765919", "nhs-number: [NHS]"},
	} {
		if got := all.Mask(tt.text); got != tt.want || all.Mask(got) != got {
			t.Errorf("Mask(%q) = %q, want %q", tt.text, got, tt.want)
		}
		if got := none.Mask(tt.text); got != tt.text {
			t.Errorf("not asked for: Mask(%q) = %q", tt.text, got)
		}
	}
	for _, text := range []string{
		"RSSMRA85T10A562T", "OrderPlacedHandler", "order 123456789", "000-12-3456", "666-12-3456", "987-65-4321", "123-00-6789", "123-45-67890", "9-123-45-6789",
		"order 320299-1234", "0102031234", "9434765919", "943 476 5918", "2026-11-24", "010203-12345", "be12cdef-1234-5678-9abc-def012345678",
	} {
		if got := all.Mask(text); got != text {
			t.Errorf("Mask(%q) = %q", text, got)
		}
	}
}

func TestNamedFieldsKeepAllButSecrets(t *testing.T) {
	m := masker(t, Config{Show: []string{"Contact"}})
	if !m.Shows("contact") || m.Shows("Iban") {
		t.Error("Shows does not follow the configuration")
	}
	if got, want := m.MaskSecrets("anna@example.com, password=hunter2"), "anna@example.com, password=[key]"; got != want {
		t.Errorf("MaskSecrets = %q, want %q", got, want)
	}
}

func TestHiddenIsAsked(t *testing.T) {
	if !masker(t, Config{Text: "hidden"}).Hidden() || masker(t, Config{Text: "masked"}).Hidden() || masker(t, Config{}).Hidden() {
		t.Error("Hidden does not follow the configuration")
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{
		"anna@example.com", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111", "+39 06 1234 5678", jwt, slackBot, pem, "AccountKey=" + storageKey,
		"amqps://a:b@c", `{"password":"x"}`, "?code=1&sig=2", "[e-mail]@[key]", "Password=[key]x", "C-123456@example.com", "Bearer [key]12345678", "\xff@a.bc",
	} {
		f.Add(s)
	}
	for _, line := range append(corpus(f, "must-mask.txt"), corpus(f, "must-not.txt")...) {
		f.Add(marked.ReplaceAllString(line, "$1"))
	}
	m := masker(f, Config{Mask: []Pattern{{"customer number", `C-\d{6}`}}, NationalIDs: []string{"codice fiscale", "SSN", "CPR", "NHS"}})
	f.Fuzz(func(t *testing.T, s string) {
		got := m.Mask(s)
		if !utf8.ValidString(got) {
			t.Errorf("Mask(%q) is not UTF-8: %q", s, got)
		}
		if again := m.Mask(got); again != got {
			t.Errorf("Mask(%q) = %q, and again %q", s, got, again)
		}
	})
}

func BenchmarkMask(b *testing.B) {
	trace := strings.Repeat("   at Shop.Billing.Gateway.StripeGateway.ChargeAsync(ChargeRequest request, CancellationToken token) in /src/Shop.Billing/Gateway/StripeGateway.cs:line 87\n", 13)
	for name, text := range map[string]string{
		"clean": "System.InvalidOperationException: Payment gateway rejected charge for order 40318: card_declined\n" + trace,
		"dirty": "Refund to anna.rossi@example.com, IBAN DE89 3704 0044 0532 0130 00, card 4111 1111 1111 1111, api_key=x\n" + trace,
	} {
		text = text[:2048]
		m := masker(b, Config{})
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Mask(text)
			}
		})
	}
	for name, unit := range map[string]string{
		"ats": "@", "plus": "+1", "colons": "a:", "equals": "password=", "slashes": "://a", "begins": "-----BEGIN ", "mails": "a@b.cd", "jwts": "eyJ", "digits": "4 ", "brackets": "[", "tokens": "sk-", "web tokens": "eyJ-",
		"quotes": `"password" `, "lists": "[password, ", "elements": "<password ", "attributes": `="password" a`, "percents": "%25", "escapes": `\\`, "entities": "&amp;",
		"passwords": "password is ", "headers": "authorization: the ", "users": "://a:", "cards": "4111111111111111 ", "flags": "--password -", "words": "[key]",
	} {
		text := strings.Repeat(unit, 64<<10/len(unit))
		m := masker(b, Config{})
		b.Run("64 KB of "+name, func(b *testing.B) {
			for b.Loop() {
				m.Mask(text)
			}
		})
	}
}
