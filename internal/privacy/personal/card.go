package personal

import (
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/privacy/plain"
)

// shapes are the ways in which card numbers are grouped.
var shapes = [][]int{{4, 4, 4, 4}, {4, 4, 4, 4, 3}, {4, 6, 5}, {4, 6, 4}, {14}, {15}, {16}, {17}, {18}, {19}}

// cardNumber looks at digits: a payment card's number has the right length for
// its beginning, and its check digit holds. One in ten numbers of orders has
// that too, so that a number in one piece counts only where the words before
// it speak of no other thing.
func cardNumber(t *plain.Text, i int) (plain.Find, bool) {
	s := t.S
	if i > 1 && s[i-1] == '.' && plain.IsDigit(s[i-2]) || i > 0 && glued(s, i) {
		return plain.Find{}, false // the fraction of a number, a part of a hash
	}
	first := plain.Run(s, i, 20, plain.IsDigit) - i
	for _, shape := range slices.Backward(shapes) {
		if shape[0] != first {
			continue
		}
		end, ok := grouped(s, i, shape)
		if ok && (len(shape) > 1 || spokenOfCard(t, i, end-i)) {
			return plain.Find{Begin: i, End: end, Word: card}, true
		}
	}
	return plain.Find{}, false
}

// glued reports whether the letters before i are digits to base 16.
func glued(s string, i int) bool {
	hex, n := true, 0
	for j := i - 1; j >= 0 && i-j < 12 && (plain.IsLetter(s[j]) || plain.IsDigit(s[j])); j-- {
		hex = hex && (plain.IsDigit(s[j]) || s[j]|0x20 <= 'f')
		n++
	}
	return n > 0 && hex && !slices.Contains(ofCards, strings.ToLower(s[i-n:i]))
}

// borders reports whether a number ends before i: a few letters behind it, such
// as a currency, are another word, but a part of a hash is none.
func borders(s string, i int) bool {
	end := plain.Run(s, i, 6, plain.IsLetter)
	switch {
	case end == i:
		return i == len(s) || !plain.IsDigit(s[i])
	case end-i > 5 || end < len(s) && plain.InWord(s[end]):
		return false
	}
	return strings.ContainsFunc(s[i:end], func(r rune) bool { return r|0x20 > 'f' })
}

// Words before a number, or in the name of its field, that tell what it is.
var (
	ofCards = strings.Fields("card cards cc pan visa mastercard amex maestro diners discover jcb unionpay credit debit carta karte kreditkarte carte tarjeta")
	ofIDs   = strings.Fields(`order orders ordre ordrer bestellung ordine invoice id ids uid guid ref reference no nr num number key sku ean gtin upc isbn barcode
		article item product ticket tracking track shipment parcel package customer user tenant trace span request message msg batch sequence seq offset version
		ticks timestamp time epoch transaction txn serial imei lot case delivery consignment booking reservation subscription contract event correlation job
		run build account rechnung fattura lieferung vorgang number`)
)

// mostBefore bounds how far before a number words are looked at.
const mostBefore = 40

// spokenOfCard reports whether a number in one piece may be that of a card, by
// the nearest telling word before it.
func spokenOfCard(t *plain.Text, i, length int) bool {
	for j := i; j > t.Floor && i-j < mostBefore; {
		if !plain.IsLetter(t.S[j-1]) {
			j--
			continue
		}
		last := j
		for j > t.Floor && last-j < 24 && plain.IsLetter(t.S[j-1]) {
			j--
			if j > t.Floor && t.S[j] < 'a' && t.S[j-1] >= 'a' && plain.IsLetter(t.S[j-1]) {
				break // orderId is two words
			}
		}
		switch word := strings.ToLower(t.S[j:last]); {
		case slices.Contains(ofCards, word) || strings.HasSuffix(word, "card") || strings.HasSuffix(word, "karte"):
			return true
		case word == "number" || word == "no" || word == "nr" || word == "num":
			if length > 16 {
				continue
			}
			if !cardFurther(t, j) {
				return false
			}
			return true
		case slices.Contains(ofIDs, word):
			return false
		}
	}
	return length == 15 || length == 16
}

// cardFurther reports whether the word before a "number" is that of a card.
func cardFurther(t *plain.Text, i int) bool {
	word := wordBefore(t, i)
	return slices.Contains(ofCards, word) || strings.HasSuffix(word, "card") || strings.HasSuffix(word, "karte")
}

// separator is what parts the groups of a number at i: a blank of any width, a
// dash or a point; "" where nothing does.
func separator(s string, i int) string {
	if i >= len(s) {
		return ""
	}
	switch s[i] {
	case ' ', '-', '.':
		return s[i : i+1]
	}
	for _, blank := range [...]string{"\u00a0", "\u202f"} {
		if strings.HasPrefix(s[i:], blank) {
			return blank
		}
	}
	return ""
}

// grouped reads groups of digits, parted all alike.
func grouped(s string, i int, shape []int) (end int, ok bool) {
	var number [19]byte
	n, sep := 0, ""
	for g, size := range shape {
		if g > 0 {
			here := separator(s, i)
			if here == "" || sep != "" && here != sep {
				return 0, false
			}
			sep = here
			i += len(here)
		}
		if plain.Run(s, i, size+1, plain.IsDigit) != i+size {
			return 0, false
		}
		n += copy(number[n:], s[i:i+size])
		i += size
	}
	if !borders(s, i) || i+1 < len(s) && strings.IndexByte(".-_", s[i]) >= 0 && plain.IsDigit(s[i+1]) {
		return 0, false
	}
	return i, issued(number[:n]) && luhn(number[:n])
}

// issued reports whether cards of this length begin so.
func issued(d []byte) bool {
	two, four := num(d[:2]), num(d[:4])
	switch n := len(d); {
	case d[0] == '4':
		return n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720:
		return n == 16
	case two == 34 || two == 37:
		return n == 15
	case two == 36, two == 38, two == 39, four >= 3000 && four <= 3059:
		return n == 14 || n == 16
	case two == 35, two == 62, two == 64, two == 65, four == 6011:
		return n >= 16
	case four == 5018, four == 5020, four == 5038, four == 6304, four == 6759, four >= 6761 && four <= 6763:
		return n >= 14
	}
	return false
}

func num(d []byte) int {
	n := 0
	for _, c := range d {
		n = n*10 + int(c-'0')
	}
	return n
}

// luhn checks a number's check digit.
func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
