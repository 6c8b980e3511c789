package privacy

import (
	"slices"
	"strings"
)

// Names of secrets, in lower case without dashes and underscores.
var (
	// secretNames betray a secret wherever they end a name, before = or :.
	secretNames = []string{
		"password", "passwd", "pwd", "passphrase", "secret", "apikey", "accountkey", "sharedaccesskey", "accesskey", "sharedkey",
		"passwordhash", "privatekey", "signingkey", "encryptionkey", "subscriptionkey", "functionskey", "accesstoken", "refreshtoken", "idtoken", "authtoken", "sastoken",
	}
	// tokenNames betray one as a whole name before =.
	tokenNames = []string{"token", "sig", "signature", "sharedaccesssignature", "xamzsignature", "xgoogsignature"}
	// urlNames betray one only in a URL, behind ? or &.
	urlNames = []string{"code", "key", "auth", "pass", "assertion", "skey"}
)

const maxNamed = 48

// named looks at a = or : with the name of a secret before it; the value
// behind it is what is masked.
func named(s string, floor, i int) (find, bool) {
	first, last, quoted := nameBefore(s, floor, i)
	if first == last {
		return find{}, false
	}
	var before byte
	if first > 0 {
		before = s[first-1]
	}
	kind := secretKind(s[first:last], s[i], before, quoted)
	if kind == "" {
		return find{}, false
	}
	begin, end := value(s, i+1, kind)
	if end == begin || kind == inWords && (end-begin < 8 || !mixed(s[begin:end])) || nothing(s[begin:end]) {
		return find{}, false
	}
	return find{begin, end, key}, true
}

// nameBefore is the name that stands before a sign, perhaps in quotes.
func nameBefore(s string, floor, i int) (first, last int, quoted bool) {
	last = i
	for last > floor && s[last-1] == ' ' && i-last < 2 {
		last--
	}
	quoted = last > floor && (s[last-1] == '"' || s[last-1] == '\'')
	if quoted {
		last--
		if last > floor && s[last-1] == '\\' { // JSON inside of JSON
			last--
		}
	} else if last > floor && s[last-1] == '.' { // Tel.:
		last--
	}
	first = last
	for first > floor && last-first < maxNamed && (wordByte(s[first-1]) || s[first-1] == '-') {
		first--
	}
	return first, last, quoted
}

// nothing reports whether a value is none: code, not a secret.
func nothing(value string) bool {
	word := value[:run(value, 0, 12, letter)]
	switch strings.ToLower(word) {
	case "null", "none", "nil", "default", "undefined", "true", "false", "empty":
		return len(value) == len(word) || strings.IndexByte("),. ", value[len(word)]) >= 0
	}
	return false
}

// plainName is a name in small letters, without dashes and underscores.
func plainName(buf *[maxNamed]byte, name string) string {
	n := 0
	for i := range len(name) {
		if c := name[i]; c != '-' && c != '_' && n < len(buf) {
			if 'A' <= c && c <= 'Z' {
				c |= 0x20
			}
			buf[n] = c
			n++
		}
	}
	return string(buf[:n])
}

// The kinds of places where a named secret stands.
const (
	inText       = "text"
	inURL        = "URL"
	inConnection = "connection string" // its parts end at a semicolon
	inLine       = "line"              // all of it
	inWords      = "words"             // if it looks like a secret
)

// secretKind tells by a name, the sign behind it, the byte before it and
// whether it stands in quotes whether a secret follows, and in what kind of
// text; "" if none does.
func secretKind(name string, sign, before byte, quoted bool) string {
	var buf [maxNamed]byte
	low := plainName(&buf, name)
	secret := slices.ContainsFunc(secretNames, func(s string) bool { return strings.HasSuffix(low, s) })
	switch param := before == '?' || before == '&'; {
	case sign == '=' && param && (secret || slices.Contains(tokenNames, low) || slices.Contains(urlNames, low)):
		return inURL
	case secret && before == ';':
		return inConnection
	case secret, quoted && slices.Contains(tokenNames, low):
		return inText
	case sign == '=' && slices.Contains(tokenNames, low):
		return inURL
	case sign == ':' && (low == "cookie" || low == "setcookie"):
		return inLine
	case sign == ':' && low == "token":
		return inWords
	}
	return ""
}

// value is where the secret behind a sign begins and ends.
func value(s string, i int, kind string) (begin, end int) {
	for i < len(s) && s[i] == ' ' && kind != inURL {
		i++
	}
	escaped := strings.HasPrefix(s[i:], `\"`)
	if escaped {
		i++
	}
	if i < len(s) && (s[i] == '"' || s[i] == '\'') {
		return quotedValue(s, i, escaped)
	}
	stop := " \t\r\n\"'<>;"
	switch kind {
	case inURL:
		stop = " \t\r\n\"'<>;&"
	case inConnection:
		stop = "\t\r\n\"'<>;"
	case inLine:
		stop = "\r\n"
	}
	if n := strings.IndexAny(s[i:], stop); n >= 0 {
		return i, i + n
	}
	return i, len(s)
}

// quotedValue is what stands in the quotes that open at i; to the end of the
// line where they do not close.
func quotedValue(s string, i int, escaped bool) (begin, end int) {
	q := s[i]
	for j := i + 1; j < len(s); j++ {
		switch {
		case s[j] == '\n':
			return i + 1, j
		case escaped && s[j] == '\\' && j+1 < len(s) && s[j+1] == q:
			return i + 1, j
		case s[j] == '\\':
			j++
		case s[j] == q:
			return i + 1, j
		}
	}
	return i + 1, len(s)
}

// bareKey looks at the = that ends the key of an Azure service: 32 or 64
// bytes in base64, whatever stands before it.
func bareKey(s string, floor, i int) (find, bool) {
	begin := i
	for begin > floor && i-begin < 88 && (letter(s[begin-1]) || digit(s[begin-1]) || s[begin-1] == '+' || s[begin-1] == '/') {
		begin--
	}
	end := run(s, i, 3, func(c byte) bool { return c == '=' })
	n := i - begin
	if (n != 43 || end-i != 1) && (n != 86 || end-i != 2) {
		return find{}, false
	}
	if end < len(s) && wordByte(s[end]) {
		return find{}, false
	}
	return find{begin, end, key}, true
}
