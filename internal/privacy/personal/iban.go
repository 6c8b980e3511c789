package personal

import (
	"strings"

	"github.com/busbell/busbell/internal/privacy/plain"
)

// ibanLengths has the length of a bank account's number for each country.
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
	"CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
	"GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
	"IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27,
	"MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
	"QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23,
	"TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}

// bankAccount looks at two letters that stand before digits: an IBAN has its
// country's length, blanks between groups aside, and a checksum. Letters
// before them are those of another word where these are capitals.
func bankAccount(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	if i < t.Floor || i+3 >= len(s) || !plain.IsLetter(s[i]) || !plain.IsLetter(s[i+1]) || !plain.IsDigit(s[i+3]) {
		return plain.Find{}, false
	}
	if i > 0 && !strings.HasSuffix(strings.ToUpper(s[max(0, i-4):i]), "IBAN") && (plain.IsDigit(s[i-1]) || plain.IsLetter(s[i-1]) && (s[i-1] < 'a' || s[i] >= 'a' || s[i+1] >= 'a')) {
		return plain.Find{}, false
	}
	length := ibanLengths[strings.ToUpper(s[i:i+2])]
	if length == 0 {
		return plain.Find{}, false
	}
	var account [34]byte
	n, end := 0, i
	for n < length && end < len(s) {
		if c := s[end]; plain.IsLetter(c) || plain.IsDigit(c) {
			account[n] = c
			n++
			end++
			continue
		}
		sep := separator(s, end)
		if sep == "" || n%4 != 0 {
			return plain.Find{}, false
		}
		end += len(sep)
	}
	if n < length || !borders(s, end) || end+1 < len(s) && s[end] == '-' && plain.IsDigit(s[end+1]) || !mod97(account[:n]) {
		return plain.Find{}, false
	}
	return plain.Find{Begin: i, End: end, Word: iban}, true
}

// mod97 checks an IBAN: its first four characters moved to the end, letters
// as numbers from 10 on, the remainder by 97 must be 1.
func mod97(a []byte) bool {
	sum := 0
	for i := range a {
		c := a[(i+4)%len(a)]
		if plain.IsDigit(c) {
			sum = (sum*10 + int(c-'0')) % 97
		} else {
			sum = (sum*100 + int(c|0x20-'a') + 10) % 97
		}
	}
	return sum == 1
}
