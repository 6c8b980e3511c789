// Package personal finds personal data by their shape: e-mail addresses,
// numbers of phones, cards and bank accounts and, where they are asked for,
// those by which a country knows a person.
package personal

import "github.com/busbell/busbell/internal/privacy/plain"

// The words that stand for what was found.
const (
	email = "[e-mail]"
	phone = "[phone]"
	iban  = "[IBAN]"
	card  = "[card]"
)

// Words are those that always may stand for something.
var Words = []string{email, phone, iban, card}

// At looks at a byte, the first of its kind or a sign, with what stands
// around it; national are the countries' numbers to look for.
func At(t *plain.Text, i int, national []NationalID) (plain.Find, bool) {
	switch plain.Kinds[t.S[i]] {
	case plain.Letter:
		return nationalID(t, i, national)
	case plain.Digit:
		if f, ok := bankAccount(t, i-2); ok {
			return f, true
		}
		if f, ok := abroad(t, i); ok {
			return f, true
		}
		if f, ok := nationalID(t, i, national); ok {
			return f, true
		}
		return cardNumber(t, i)
	case plain.Sign:
		switch t.S[i] {
		case '@':
			return mail(t, i)
		case '+':
			return phoneNumber(t, i)
		case '=', ':':
			return phoneNamed(t, i)
		}
	}
	return plain.Find{}, false
}
