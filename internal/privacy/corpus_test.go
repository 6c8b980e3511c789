package privacy

import (
	"fmt"
	"html"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
)

// samples stand in must-mask.txt for what must not look like a real secret in
// a file.
var samples = strings.NewReplacer(
	`\t`, "\t", "{storage}", storageKey, "{bus}", busKey, "{slack}", slackBot, "{github}", gitHub, "{aws}", awsKey, "{jwt}", jwt,
)

// corpus reads the lines of a file of testdata.
func corpus(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSuffix(line, "\n"); !strings.HasPrefix(line, "# ") {
			lines = append(lines, line)
		}
	}
	if len(lines) < 150 {
		t.Errorf("%s has %d lines", name, len(lines))
	}
	return lines
}

var marked = regexp.MustCompile(`«([^»]*)»`)

func TestWhatMustBeMasked(t *testing.T) {
	m := masker(t, Config{})
	for _, line := range corpus(t, "must-mask.txt") {
		line = samples.Replace(line)
		text := marked.ReplaceAllString(line, "$1")
		got := m.Mask(text)
		rest := marked.Split(line, -1)
		for i := range rest {
			rest[i] = regexp.QuoteMeta(rest[i])
		}
		want := regexp.MustCompile(`(?s)^` + strings.Join(rest, `\[(key|e-mail|phone|IBAN|card)\]`) + `$`)
		if !want.MatchString(got) {
			t.Errorf("Mask(%s)\n     = %s", line, got)
		}
		if again := m.Mask(got); again != got {
			t.Errorf("Mask(%q) = %q, and again %q", text, got, again)
		}
	}
}

func TestWhatMustNotBeMasked(t *testing.T) {
	m := masker(t, Config{})
	for _, line := range corpus(t, "must-not.txt") {
		line = strings.ReplaceAll(line, ` \t`, "\t")
		if got := m.Mask(line); got != line {
			t.Errorf("Mask(%s)\n     = %s", line, got)
		}
	}
}

// encodings write a character as programs do.
var encodings = []func(c byte) string{
	func(c byte) string { return fmt.Sprintf(`\u%04x`, c) },
	func(c byte) string { return fmt.Sprintf(`%%%02X`, c) },
	func(c byte) string { return fmt.Sprintf(`&#%d;`, c) },
	func(c byte) string { return fmt.Sprintf(`&#x%X;`, c) },
	func(c byte) string { return fmt.Sprintf(`%%25%02x`, c) },
	func(c byte) string { return fmt.Sprintf(`\\u%04X`, c) },
	func(c byte) string { return html.EscapeString(string(rune(c))) },
}

// However some characters of a secret are written, it is found.
func TestNoSecretSurvivesEncodings(t *testing.T) {
	m := masker(t, Config{})
	for n, line := range corpus(t, "must-mask.txt") {
		line = samples.Replace(line)
		for seed := range uint64(40) {
			r := rand.New(rand.NewPCG(seed, uint64(n)))
			text, secrets := encoded(r, line)
			got := m.Mask(text)
			for _, s := range secrets {
				if len(s) > 5 && strings.Contains(got, s) {
					t.Fatalf("seed %d: Mask(%s)\n     = %s", seed, text, got)
				}
			}
		}
	}
}

// encoded writes some characters of a line's secrets in another way, and
// returns the secrets as they then stand there.
func encoded(r *rand.Rand, line string) (text string, secrets []string) {
	text = marked.ReplaceAllStringFunc(line, func(s string) string {
		s = strings.TrimSuffix(strings.TrimPrefix(s, "«"), "»")
		if strings.ContainsAny(s, `\%&[`) {
			return s // encoded already
		}
		how := encodings[r.IntN(len(encodings))]
		var b strings.Builder
		for _, c := range []byte(s) {
			if c < 0x80 && c > ' ' && r.IntN(4) == 0 {
				b.WriteString(how(c))
			} else {
				b.WriteByte(c)
			}
		}
		secrets = append(secrets, b.String())
		return b.String()
	})
	return text, secrets
}
