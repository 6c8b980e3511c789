package personal

import (
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/privacy/plain"
)

// phoneNumber looks at a + that may begin an international number: one of a
// country's length, parted by what people part it with. Without the + a number
// is anybody's: orders have ten digits too.
func phoneNumber(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	if i+1 >= len(s) || s[i+1] < '1' || s[i+1] > '9' || i > 0 && (plain.InWord(s[i-1]) && !namesPhone(wordBefore(t, i)) || s[i-1] == ')') {
		return plain.Find{}, false
	}
	number, parted, end := dialled(s, i+1)
	if !international(number, parted) || end < len(s) && (plain.InWord(s[end]) || s[end] == ':') || amount(t, i, end, parted) {
		return plain.Find{}, false
	}
	return plain.Find{Begin: i, End: end, Word: phone}, true
}

// international reports whether a number behind a + may be one: its country
// exists and has numbers of this length.
func international(number string, parted bool) bool {
	n := len(number)
	switch {
	case n < 8 || n > 15:
		return false
	case number[0] == '1':
		return n == 11 && number[1] > '1'
	case number[0] == '7':
		return n == 11
	}
	country := number[:2]
	if slices.Contains(shortCountries, country) {
		return parted || n >= 10
	}
	return strings.Contains("21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 99", country) && (parted || n >= 9)
}

// shortCountries are the country codes of two digits.
var shortCountries = strings.Fields(`20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92
	93 94 95 98`)

// amount reports whether what looks like a number of a phone counts something:
// a fraction follows, a currency or a unit, or a word such as amount precedes.
func amount(t *plain.Text, i, end int, parted bool) bool {
	s := t.S
	if end+1 < len(s) && s[end] == ',' && plain.IsDigit(s[end+1]) {
		return true
	}
	if parted {
		point := strings.LastIndexByte(s[i:end], '.')
		return point >= 0 && end-i-point <= 3 && strings.Count(s[i:end], ".") == 1 && !strings.ContainsAny(s[i:end], " -/()")
	}
	unit := plain.Run(s, end, 1, plain.IsBlank)
	word := s[unit:plain.Run(s, unit, 12, plain.IsLetter)]
	if len(word) == 3 && strings.ToUpper(word) == word || slices.Contains(units, strings.ToLower(word)) {
		return true
	}
	for _, sign := range [...]string{"%", "€", "$", "£", "¥"} {
		if strings.HasPrefix(s[unit:], sign) || strings.HasSuffix(s[:i], sign) {
			return true
		}
	}
	return slices.Contains(amounts, wordBefore(t, i))
}

var (
	units   = strings.Fields("ms s sec secs seconds minutes us ns ticks bytes kb mb gb cent cents euro euros dollars points units items rows pieces")
	amounts = strings.Fields(`amount balance total sum delta diff difference change offset price value score count credit debit cents ticks bytes by adjusted
		adjustment variance correction increment saldo betrag importo montant belob`)
)

// wordBefore is the word that stands closest before i, in small letters.
func wordBefore(t *plain.Text, i int) string {
	s, last := t.S, i
	for last > t.Floor && i-last < 4 && !plain.IsLetter(s[last-1]) {
		last--
	}
	first := last
	for first > t.Floor && last-first < 24 && plain.IsLetter(s[first-1]) {
		first--
	}
	return strings.ToLower(s[first:last])
}

// dialled reads a number as people write it: its digits, whether anything
// parts them, and where it ends.
func dialled(s string, i int) (number string, parted bool, end int) {
	var digits [32]byte
	n := 0
	end = i
	for j := i; j < len(s) && j-i < 32; j++ {
		c := s[j]
		if plain.IsDigit(c) {
			digits[n] = c
			n++
			parted = parted || end < j && n > 1
			end = j + 1
			continue
		}
		if strings.IndexByte(" -./()", c) < 0 || j+1 == len(s) || !plain.IsDigit(s[j+1]) && strings.IndexByte("(-) ", s[j+1]) < 0 {
			break
		}
	}
	return string(digits[:n]), parted, end
}

// abroad looks at 00 that begins a word: with blanks or dashes behind it the
// number of a phone in another country.
func abroad(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	if !strings.HasPrefix(s[i:], "00") || i+2 >= len(s) || s[i+2] < '1' || s[i+2] > '9' || i > 0 && plain.InWord(s[i-1]) {
		return plain.Find{}, false
	}
	if i > 1 && plain.IsDigit(s[i-2]) {
		return plain.Find{}, false // a group of a longer number
	}
	number, parted, end := dialled(s, i)
	if !parted || len(number) < 10 || len(number) > 17 || end < len(s) && (plain.InWord(s[end]) || s[end] == ':') {
		return plain.Find{}, false
	}
	return plain.Find{Begin: i, End: end, Word: phone}, true
}

// Names of a phone, before = or :, in small letters.
var (
	phoneEndings = []string{"phone", "phonenumber", "phoneno", "telefon", "telefono", "mobilenumber", "telefonnummer", "handynummer"} // of longer names, too
	phoneNames   = []string{"tel", "tlf", "mobile", "mobil", "handy", "cell", "fax", "gsm", "msisdn", "cellulare"}
)

func namesPhone(name string) bool {
	return slices.Contains(phoneNames, name) || slices.ContainsFunc(phoneEndings, func(n string) bool { return strings.HasSuffix(name, n) })
}

// phoneNamed looks at a = or : with the name of a phone before it and a number
// behind it.
func phoneNamed(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	first, last, _ := t.NameBefore(i)
	var buf [plain.MaxName]byte
	name := plain.Name(&buf, s[first:last])
	if !namesPhone(name) {
		return plain.Find{}, false
	}
	begin := plain.Run(s, i+1, 3, func(c byte) bool { return plain.IsBlank(c) || plain.IsQuote(c) })
	if begin == len(s) || !plain.IsDigit(s[begin]) && s[begin] != '(' {
		return plain.Find{}, false
	}
	number, _, end := dialled(s, begin)
	if len(number) < 6 || len(number) > 15 || end < len(s) && plain.InWord(s[end]) {
		return plain.Find{}, false
	}
	return plain.Find{Begin: begin, End: end, Word: phone}, true
}
