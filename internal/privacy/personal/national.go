package personal

import (
	"strings"
	"time"

	"github.com/busbell/busbell/internal/privacy/plain"
)

// A NationalID finds the number by which a country knows a person.
type NationalID struct {
	Name string // as busbell.yaml and what stands for a number name it
	word string

	// read reads a number that begins at i, and is where it ends; 0 if none does.
	read func(s string, i int) int
}

// Word stands for a number that was masked.
func (n NationalID) Word() string { return n.word }

// NationalIDs are those that are known.
var NationalIDs = []NationalID{
	{"codice fiscale", "[codice fiscale]", codiceFiscale},
	{"SSN", "[SSN]", ssn},
	{"CPR", "[CPR]", cpr},
	{"NHS", "[NHS]", nhs},
}

// nationalID looks at the beginning of a word or of digits.
func nationalID(t *plain.Text, i int, national []NationalID) (plain.Find, bool) {
	if len(national) == 0 || i > t.Floor && (plain.InWord(t.S[i-1]) && t.S[i-1] != '_' || partOfNumber(t.S, i)) {
		return plain.Find{}, false
	}
	for _, n := range national {
		if end := n.read(t.S, i); end > 0 && (end == len(t.S) || !plain.IsLetter(t.S[end]) && !plain.IsDigit(t.S[end])) && !numberGoesOn(t.S, end) {
			return plain.Find{Begin: i, End: end, Word: n.word}, true
		}
	}
	return plain.Find{}, false
}

func partOfNumber(s string, i int) bool {
	return i > 1 && strings.IndexByte("-.", s[i-1]) >= 0 && plain.IsDigit(s[i-2])
}

func numberGoesOn(s string, i int) bool {
	return i+1 < len(s) && strings.IndexByte("-.", s[i]) >= 0 && plain.IsDigit(s[i+1])
}

// figures reads groups of digits, parted all alike or not at all.
func figures(s string, i int, groups ...int) (number string, parted bool, end int) {
	var b []byte
	sep := ""
	for g, size := range groups {
		if g > 0 {
			here := separator(s, i)
			if g > 1 && here != sep {
				return "", false, 0
			}
			sep = here
			i += len(here)
		}
		if plain.Run(s, i, size, plain.IsDigit) != i+size {
			return "", false, 0
		}
		b = append(b, s[i:i+size]...)
		i += size
	}
	return string(b), sep != "", i
}

// named reports whether the words before a number in one piece name it.
func namedBefore(s string, i int, names ...string) bool {
	before := strings.ToLower(s[max(0, i-24):i])
	for _, n := range names {
		if strings.Contains(before, n) {
			return true
		}
	}
	return false
}

// ssn reads a US social security number: 123-45-6789.
func ssn(s string, i int) int {
	if !plain.IsDigit(s[i]) {
		return 0
	}
	n, parted, end := figures(s, i, 3, 2, 4)
	if end == 0 || n[0] == '9' || n[:3] == "000" || n[:3] == "666" || n[3:5] == "00" || n[5:] == "0000" {
		return 0
	}
	if !parted && !namedBefore(s, i, "ssn", "social security", "socialsecurity") {
		return 0
	}
	return end
}

// cpr reads a Danish one: a date of birth and four digits, 010203-1234.
func cpr(s string, i int) int {
	if !plain.IsDigit(s[i]) {
		return 0
	}
	n, parted, end := figures(s, i, 6, 4)
	if end == 0 {
		return 0
	}
	if _, err := time.Parse("020106", n[:6]); err != nil || !parted && !namedBefore(s, i, "cpr", "personnummer") {
		return 0
	}
	return end
}

// nhs reads an English one: ten digits, 943 476 5919, with a check digit.
func nhs(s string, i int) int {
	if !plain.IsDigit(s[i]) {
		return 0
	}
	n, parted, end := figures(s, i, 3, 3, 4)
	if end == 0 || !parted && !namedBefore(s, i, "nhs") {
		return 0
	}
	sum := 0
	for j := range 9 {
		sum += int(n[j]-'0') * (10 - j)
	}
	if check := (11 - sum%11) % 11; check != int(n[9]-'0') {
		return 0
	}
	return end
}

// The weights of an Italian code's characters at odd places, for digits and
// letters from A on.
var odd = [...]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}

// codiceFiscale reads an Italian tax code: sixteen characters, of which the
// last is a check.
func codiceFiscale(s string, i int) int {
	const shape = "AAAAAA00A00A000A"
	if i+len(shape) > len(s) || !plain.IsLetter(s[i]) {
		return 0
	}
	sum := 0
	for j := range len(shape) {
		c := s[i+j]
		if plain.IsLetter(c) {
			c &^= 0x20
		}
		switch {
		case shape[j] == 'A' && !plain.IsLetter(c), shape[j] == '0' && !plain.IsDigit(c) && strings.IndexByte("LMNPQRSTUV", c) < 0:
			return 0
		case j == len(shape)-1:
			if int(c-'A') != sum%26 {
				return 0
			}
			continue
		}
		at := int(c - '0')
		if plain.IsLetter(c) {
			at = int(c - 'A')
		}
		if j%2 == 0 {
			at = odd[at]
		}
		sum += at
	}
	return i + len(shape)
}
