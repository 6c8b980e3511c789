package privacy

import (
	"slices"
	"strings"
)

// phoneNumber looks at a + that may begin an international number: 8 to 15
// digits, parted by what people part them with. Without the + a number is
// anybody's: orders have ten digits too.
func phoneNumber(s string, i int, personal bool) (find, bool) {
	if !personal || i+1 >= len(s) || s[i+1] < '1' || s[i+1] > '9' || i > 0 && (wordByte(s[i-1]) || s[i-1] == ')') {
		return find{}, false
	}
	digits, _, end := dialled(s, i+1)
	if digits < 8 || digits > 15 || end < len(s) && (wordByte(s[end]) || s[end] == ':') {
		return find{}, false
	}
	return find{i, end, phone}, true
}

// dialled reads a number as people write it: how many digits it has, whether
// anything parts them, and where it ends.
func dialled(s string, i int) (digits int, parted bool, end int) {
	end = i
	for j := i; j < len(s) && j-i < 32; j++ {
		c := s[j]
		if digit(c) {
			digits++
			parted = parted || end < j && digits > 1
			end = j + 1
			continue
		}
		if strings.IndexByte(" -./()", c) < 0 || j+1 == len(s) || !digit(s[j+1]) && strings.IndexByte("(-) ", s[j+1]) < 0 {
			break
		}
	}
	return digits, parted, end
}

// abroad looks at 00 that begins a word: with blanks or dashes behind it the
// number of a phone in another country.
func abroad(s string, i int) (find, bool) {
	if !strings.HasPrefix(s[i:], "00") || i+2 >= len(s) || s[i+2] < '1' || s[i+2] > '9' {
		return find{}, false
	}
	if i > 1 && digit(s[i-2]) {
		return find{}, false // a group of a longer number
	}
	digits, parted, end := dialled(s, i)
	if !parted || digits < 10 || digits > 17 || end < len(s) && (wordByte(s[end]) || s[end] == ':') {
		return find{}, false
	}
	return find{i, end, phone}, true
}

// Names of a phone, before = or :, in small letters.
var (
	phoneEndings = []string{"phone", "phonenumber", "phoneno", "telefon", "telefono", "mobilenumber"} // of longer names, too
	phoneNames   = []string{"tel", "tlf", "mobile", "mobil", "cell", "fax", "gsm"}
)

// phoneNamed looks at a = or : with the name of a phone before it and a number
// behind it.
func phoneNamed(s string, floor, i int) (find, bool) {
	first, last, _ := nameBefore(s, floor, i)
	var buf [maxNamed]byte
	name := plainName(&buf, s[first:last])
	if !slices.Contains(phoneNames, name) && !slices.ContainsFunc(phoneEndings, func(n string) bool { return strings.HasSuffix(name, n) }) {
		return find{}, false
	}
	begin := run(s, i+1, 3, func(c byte) bool { return c == ' ' || c == '"' || c == '\'' })
	if begin == len(s) || !digit(s[begin]) && s[begin] != '(' {
		return find{}, false
	}
	digits, _, end := dialled(s, begin)
	if digits < 6 || digits > 15 || end < len(s) && wordByte(s[end]) {
		return find{}, false
	}
	return find{begin, end, phone}, true
}
