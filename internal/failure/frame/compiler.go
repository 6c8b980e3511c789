package frame

import "strings"

// madeFrom tells a part of a name that a compiler made, and the method it
// was made from; "" for a closure's class, which does not say it.
func madeFrom(p string) (source string, made bool) {
	switch {
	case strings.HasPrefix(p, "<StartupCode$"):
		return "", true // F#: a file's own code stands behind it
	case strings.HasPrefix(p, "Pipe #"):
		return "", true // F#: a stage of a pipeline, whose method it does not say
	case strings.HasPrefix(p, "<") && fileLocal(p) == "":
		return csharp(p), true
	case dashed(p) != "":
		return dashed(p), true
	case strings.HasPrefix(p, "VB$StateMachine_"):
		_, method, _ := strings.Cut(p[len("VB$StateMachine_"):], "_")
		if method == "" || strings.HasPrefix(method, "_Lambda$") {
			return "Lambda", true
		}
		return plainName(method), true
	case strings.HasPrefix(p, "_Closure$"):
		return "", true
	case strings.HasPrefix(p, "_Lambda$"):
		return "Lambda", true // Visual Basic does not say of which method
	}
	if at := strings.IndexByte(p, '@'); at > 0 {
		return fsharp(p[:at], p[at+1:])
	}
	return "", false
}

// maxNested is deeper than any compiler nests what it makes.
const maxNested = 8

// csharp reads <Handle>d__5, <Handle>b__0, <Handle>g__Inner|2_0,
// <<Handle>b__2_3>d, and <>c__DisplayClass2_0, which is "". A local function
// of top-level statements, <<Main>$>g__Handle|0_1, is as good as a method.
func csharp(p string) string {
	if _, name, ok := strings.Cut(p, "<Main>$>g__"); ok {
		name, _, _ = strings.Cut(name, "|")
		return plainName(name)
	}
	for i := 0; i < maxNested && strings.HasPrefix(p, "<"); i++ {
		p = p[1:closing(p)]
	}
	// An explicit implementation has its interface's name in it, a state
	// machine's with dashes for points: <Ns.IHandle<Ns.A>.Handle>b__3_0,
	// <Ns-IHandle<Ns-A>-Handle>d__3.
	if i := strings.LastIndexAny(p, "-."); i > 0 && i > strings.LastIndexByte(p, '>') {
		p = p[i+1:]
	}
	return plainName(p)
}

// dashed is the method of an explicit implementation as F# names it,
// "Ns-IHandle`1-Handle"; "" for every other part.
func dashed(p string) string {
	dash := strings.LastIndexByte(p, '-')
	if dash < 0 {
		return ""
	}
	space, method := p[:dash], p[dash+1:]
	if !interfaceLike(space[strings.LastIndexByte(space, '-')+1:]) {
		return ""
	}
	return method
}

// fileLocal is the name of a type that C# hides in its file, of which it
// makes <File>F0123…__Name; "" for every other part.
func fileLocal(p string) string {
	if end := closing(p) + 1; strings.HasPrefix(p, "<") && end < len(p) && p[end] == 'F' {
		if _, name, ok := strings.Cut(p[end:], "__"); ok {
			return name
		}
	}
	return ""
}

// closing is the index of the bracket that closes the one at the front.
func closing(p string) int {
	depth := 0
	for i := range len(p) {
		switch p[i] {
		case '<':
			depth++
		case '>':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(p)
}

// fsharp reads apply@31, handle@12-1 and map@44`1; "main@" is the method itself.
func fsharp(method, line string) (source string, made bool) {
	line, _, _ = strings.Cut(line, "`")
	for i := range len(line) {
		if c := line[i]; (c < '0' || c > '9') && c != '-' {
			return "", false
		}
	}
	return method, true
}
