// Package typename brings the names of types into one notation, whichever way
// they are written, and tells them from other texts.
package typename

import "strings"

// URN begins the names that MassTransit writes.
const URN = "urn:message:"

// Of brings the name of a .NET type into the one notation used here,
// whichever way it is written: "Ns.Type, Assembly, Version=…", generic
// arguments as "`1[[Ns.A, Asm]]" or "<A>", or MassTransit's "urn:message:Ns:Type".
// What does not look like one of these comes back as it is.
func Of(s string) string {
	s = strings.TrimSpace(s)
	rest, isURN := strings.CutPrefix(s, URN)
	if isURN {
		s = strings.ReplaceAll(rest, ":", ".")
	}
	if !strings.ContainsAny(s, "`[<") {
		name, _, _ := strings.Cut(s, ",")
		return strings.TrimSpace(name)
	}
	if len(s) > maxTypeName {
		return s[:maxTypeName]
	}
	p := typeParser{s: s}
	return p.name(0)
}

// Longer names and deeper arguments than any compiler writes are not taken apart.
const (
	maxTypeName  = 8 << 10
	maxTypeDepth = 32
)

// A typeParser reads one type name from left to right.
type typeParser struct {
	s string
	i int
}

// name reads up to the bracket or comma that ends this name and leaves it
// to the caller.
func (p *typeParser) name(depth int) string {
	var b strings.Builder
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '`':
			for p.i++; p.i < len(p.s) && digit(p.s[p.i]); {
				p.i++
			}
		case c == '[' && p.array():
			b.WriteString(p.s[p.i : p.i+2])
			p.i += 2
		case (c == '[' || c == '<') && depth < maxTypeDepth:
			p.i++
			b.WriteString(p.arguments(depth + 1))
		case c == ',' || c == ']' || c == '>':
			return strings.TrimSpace(b.String())
		default:
			b.WriteByte(c)
			p.i++
		}
	}
	return strings.TrimSpace(b.String())
}

// array tells "[]" from the beginning of arguments.
func (p *typeParser) array() bool {
	return strings.HasPrefix(p.s[p.i:], "[]")
}

// arguments reads a list of types behind its opening bracket, each perhaps
// in brackets of its own with its assembly, and the closing bracket.
func (p *typeParser) arguments(depth int) string {
	var b strings.Builder
	b.WriteByte('[')
	for n := 0; p.i < len(p.s); n++ {
		if n > 0 {
			b.WriteByte(',')
		}
		for p.i < len(p.s) && p.s[p.i] == ' ' {
			p.i++
		}
		own := p.i < len(p.s) && p.s[p.i] == '[' && !p.array()
		if own {
			p.i++
		}
		b.WriteByte('[')
		b.WriteString(p.name(depth))
		b.WriteByte(']')
		if own { // skip the assembly
			if end := strings.IndexByte(p.s[p.i:], ']'); end >= 0 {
				p.i += end + 1
			} else {
				p.i = len(p.s)
			}
		}
		if p.i < len(p.s) && p.s[p.i] == ',' {
			p.i++
			continue
		}
		p.i = min(p.i+1, len(p.s)) // the closing bracket
		break
	}
	b.WriteByte(']')
	return b.String()
}

// ShortArguments leaves out the name spaces of the type arguments:
// Ns.Changed[[Ns.Customer]] is Ns.Changed[[Customer]].
func ShortArguments(t string) string {
	open := strings.IndexByte(t, '[')
	if open < 0 {
		return t
	}
	var b strings.Builder
	b.WriteString(t[:open])
	for i := open; i < len(t); {
		if t[i] == '[' || t[i] == ']' || t[i] == ',' {
			b.WriteByte(t[i])
			i++
			continue
		}
		end := i + strings.IndexAny(t[i:]+"]", "[],")
		word := t[i:end]
		b.WriteString(word[strings.LastIndexByte(word, '.')+1:])
		i = end
	}
	return b.String()
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
