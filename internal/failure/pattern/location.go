package pattern

import (
	"strings"
	"unicode/utf8"
)

// chunk is s up to what ends a path, or a URL without a scheme: a blank, a
// quote or a bracket.
func chunk(s string) string {
	for i := range min(len(s), maxValue) {
		switch c := s[i]; {
		case c <= ' ', strings.IndexByte("'\"`<>()[]{}|*,;", c) >= 0:
			return s[:i]
		case c == 0xc2 || c == 0xe2:
			if r, _ := utf8.DecodeRuneInString(s[i:]); closers[r] != "" {
				return s[:i]
			}
		}
	}
	return s[:min(len(s), maxValue)]
}

// address is an e-mail address, with whatever such an address may be made of
// that does not part it from the words around it.
func address(s string) int {
	if !wordByte(s[0]) && s[0] < 0x80 {
		return 0
	}
	at := 0
	for at < len(s) && at < maxValue && (wordByte(s[at]) || s[at] >= 0x80 || strings.IndexByte(".+'!#$%&*^{|}~", s[at]) >= 0) {
		at++
	}
	if at == len(s) || s[at] != '@' {
		return 0
	}
	n := at + 1
	for n < len(s) && (wordByte(s[n]) || s[n] == '.' || s[n] >= 0x80) {
		n++
	}
	for n > at+1 && strings.IndexByte(".-_", s[n-1]) >= 0 {
		n--
	}
	if n == at+1 {
		return 0
	}
	return n
}

// scheme is the word in front of a URL or urn, which stays.
func scheme(s string) int {
	n, _ := word(s)
	rest := s[n:]
	if n > 0 && (strings.HasPrefix(rest, "://") || strings.HasPrefix(rest, ":") && strings.EqualFold(s[:n], "urn")) {
		return n
	}
	return 0
}

func untilBlank(s string) int {
	if i := strings.IndexAny(s, " \t\r\n'\"<>()"); i >= 0 {
		return i
	}
	return len(s)
}

// location is a path of a file or of a URL without its scheme, or the bare
// name of a file.
func location(s string) int {
	switch {
	case len(s) > 3 && letter(s[0]) && s[1] == ':' && (s[2] == '\\' || s[2] == '/' && s[3] != '/'):
		return windowsPath(s, 3)
	case strings.HasPrefix(s, `\\`) && len(s) > 2 && wordByte(s[2]):
		return windowsPath(s, 2)
	case strings.HasPrefix(s, "~/"), strings.HasPrefix(s, "./"), strings.HasPrefix(s, "../"), strings.HasPrefix(s, `.\`), strings.HasPrefix(s, `..\`):
		return untilColon(chunk(s), 0)
	case s[0] == '/' && len(s) > 1 && (wordByte(s[1]) || s[1] >= 0x80):
		return untilColon(chunk(s), 0)
	case !wordByte(s[0]) && s[0] < 0x80:
		return 0
	}
	whole := chunk(s)
	whole = strings.TrimRight(whole[:untilColon(whole, 0)], ".!?")
	host, path, slash := strings.Cut(whole, "/")
	switch {
	case len(whole) > 4 && strings.EqualFold(whole[:4], "www."), slash && path != "" && isHost(host), hasExtension(whole):
		return len(whole)
	}
	return 0
}

// untilColon is the length of a path up to a colon, which begins what is said
// of it, from a place on.
func untilColon(s string, from int) int {
	if i := strings.IndexByte(s[from:], ':'); i >= 0 {
		return from + i
	}
	return len(s)
}

// windowsPath is a path with a drive or a server, whose folders may have
// blanks in them.
func windowsPath(s string, from int) int {
	n := untilColon(chunk(s), min(from, len(chunk(s))))
	for n < len(s) && n < maxValue && s[n] == ' ' {
		next := chunk(s[n+1:])
		next = next[:untilColon(next, 0)]
		if strings.IndexByte(next, '\\') <= 0 {
			break
		}
		n += 1 + len(next)
	}
	return n
}

// isHost reports whether s names a host with its domain, in small letters as
// the names of types are not.
func isHost(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	if dot <= 0 || len(s)-dot < 3 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; upper(c) || !wordByte(c) && c != '.' || i > dot && !letter(c) {
			return false
		}
	}
	return true
}

// hasExtension reports whether s ends like the name of a file, in letters of
// one case: System.Text.Json is none.
func hasExtension(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	if dot <= 0 || len(s)-dot > 8 || !wordByte(s[dot-1]) && s[dot-1] < 0x80 {
		return false
	}
	extension := s[dot+1:]
	small := strings.ToLower(extension)
	return (extension == small || extension == strings.ToUpper(extension)) && isExtension(small)
}

// isExtension knows the files that people send each other.
func isExtension(s string) bool {
	switch s {
	case "csv", "tsv", "txt", "json", "jsonl", "xml", "xsd", "yaml", "yml", "edi", "dat", "log", "tmp", "bak", "parquet", "avro",
		"pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "rtf", "html", "htm", "md", "eml", "ics",
		"zip", "gz", "tgz", "tar", "7z", "rar", "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "svg", "webp", "heic",
		"mp3", "mp4", "wav", "mov", "sql", "pfx", "pem", "cer", "crt", "p12":
		return true
	}
	return false
}
