package typename

import (
	"slices"
	"strings"
	"unicode"
)

// maxNamed is longer than the type names that people write by hand.
const maxNamed = 512

// Said is the type that a property says which is called by that name: a
// type name, or words without numbers, "order placed", "orders/placed".
func Said(text string) (string, bool) {
	if name, ok := In(text); ok {
		return name, true
	}
	text = strings.TrimSpace(text)
	odd := func(c rune) bool { return !unicode.IsLetter(c) && !strings.ContainsRune(" ./:_-", c) }
	return text, text != "" && len(text) <= maxNamed/4 && strings.Count(text, " ") < 3 && !strings.ContainsFunc(text, odd)
}

// In is the type name that a text is, in our notation. It is false for every
// other text. A message's Subject holds whatever a sender likes: a file's name,
// an id, a path or a sentence would make a problem of each message.
func In(text string) (string, bool) {
	if text == "" || len(text) > maxNamed {
		return "", false
	}
	name := Of(text)
	if base, assembly, ok := strings.Cut(text, ","); ok && !strings.ContainsAny(base, "[<") {
		assembly, _, _ = strings.Cut(strings.TrimSpace(assembly), ",")
		if !strings.Contains(base, ".") || !wordsOfName(assembly) {
			return "", false // "Hello, world"
		}
	}
	base, arguments, _ := strings.Cut(name, "[")
	if strings.ContainsAny(arguments, " /\\\"'@=") || !wordsOfName(base) || fileLike(base) {
		return "", false
	}
	return name, true
}

// wordsOfName reports whether a text is made of words as type names are, with
// points, dashes and the like between them.
func wordsOfName(text string) bool {
	words, numbers, lower := 0, 0, false
	for word := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(".+-_:$", c) }) {
		switch kindOfWord(word) {
		case wordOfName:
			words++
		case numberOfName:
			if numbers++; words < 2 {
				return false // "order-7"
			}
		default:
			return false
		}
		lower = lower || strings.ContainsFunc(word, unicode.IsLower)
	}
	edges := strings.Trim(text, ".+-:")
	if len(strings.FieldsFunc(text, func(c rune) bool { return c < '0' || c > '9' })) > maxNumbers {
		return false
	}
	return words > 0 && (numbers == 0 || numbers == 1 && lower) && edges == text && !strings.Contains(text, "..")
}

// maxNumbers is more than the name of a type has in it; random ids have them
// everywhere.
const maxNumbers = 3

type wordKind int

const (
	noWord       wordKind = iota
	wordOfName            // "Order", "S3Changed", "v2"
	numberOfName          // "2" in "order.placed.2"
)

// kindOfWord tells the words of type names from parts of ids: these have more
// digits, in more places, or are hexadecimal.
func kindOfWord(word string) wordKind {
	letters, digits, runs, last := 0, 0, 0, false
	hex := true
	for _, c := range word {
		digit := '0' <= c && c <= '9'
		switch {
		case digit:
			digits++
			if !last {
				runs++
			}
		case unicode.IsLetter(c):
			letters++
			hex = hex && (c|0x20 >= 'a' && c|0x20 <= 'f')
		default:
			return noWord
		}
		last = digit
	}
	trailing := len(word) - len(strings.TrimRight(word, "0123456789"))
	switch {
	case letters == 0 && digits <= 2:
		return numberOfName
	case letters == 0, '0' <= word[0] && word[0] <= '9', trailing > 2, runs > 2:
		return noWord
	case digits > 0 && (letters < 2*digits && letters+digits > 3 || hex && len(word) > 3):
		return noWord
	}
	return wordOfName
}

// fileEndings are those of files that messages are about.
var fileEndings = []string{
	"pdf", "csv", "tsv", "xml", "json", "jsonl", "yaml", "yml", "txt", "log", "md", "rtf", "html", "htm", "eml", "msg", "ics", "edi", "dat", "bin", "bak", "tmp", "sql",
	"doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "zip", "gz", "tar", "tgz", "7z", "rar", "avro", "parquet",
	"png", "jpg", "jpeg", "gif", "bmp", "svg", "webp", "tif", "tiff", "mp3", "mp4", "wav", "mov", "pem", "cer", "crt", "pfx", "p7m", "pgp", "gpg", "sig", "xsd", "exe", "dll",
}

// fileLike reports whether a name ends as a file's does. A type may be called
// Shop.Export.Csv.
func fileLike(name string) bool {
	ending := name[strings.LastIndexByte(name, '.')+1:]
	if len(ending) == len(name) || ending != strings.ToLower(ending) && ending != strings.ToUpper(ending) {
		return false
	}
	return slices.Contains(fileEndings, strings.ToLower(ending))
}
