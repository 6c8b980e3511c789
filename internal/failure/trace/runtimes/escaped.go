package runtimes

import "strings"

// plain gives a text back its lines, where it went through JSON or a log that
// knows only one.
func plain(text string) string {
	if strings.IndexByte(text, '\n') >= 0 {
		return text
	}
	for _, sign := range []string{`\n   `, `\n\tat `, `\n  File `, `\ngoroutine `} {
		if strings.Contains(text, sign) {
			return unescaped.Replace(strings.Trim(text, `"`))
		}
	}
	if strings.Contains(text, "   at ") || strings.Contains(text, "\tat ") {
		return inOneLine.Replace(text)
	}
	return text
}

var (
	unescaped = strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\t`, "\t", `\"`, `"`, `\\`, `\`, `\/`, "/",
		`\u003C`, "<", `\u003E`, ">", `\u0027`, "'", `\u0022`, `"`, `\u0060`, "`", `\u002B`, "+", `\u0026`, "&",
		`\u003c`, "<", `\u003e`, ">", `\u002b`, "+")
	inOneLine = strings.NewReplacer("   at ", "\n   at ", "   --- ", "\n   --- ", " Stack:    at ", "\nStack:    at ", "\tat ", "\n\tat ", "Caused by: ", "\nCaused by: ")
)
