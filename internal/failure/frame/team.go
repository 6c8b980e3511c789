package frame

import (
	"slices"
	"strings"
)

// Cause stands in a stack between the frames of an exception and those of its
// cause, where the runtime prints the outer one first.
const Cause = "Caused by:"

// Team returns c for one stack, from the frame that threw to the one that the
// framework called; "" stands for frames of the framework. Where nobody has
// configured the team's name spaces, their root is that of the handler's type,
// else of the frame that the framework called, else of the message's type, as
// far as frames begin with it, else of the last frame that no known library
// owns. The root of a known library, "Stripe.", counts only where the last
// frame has it: others handle messages of it too.
//
// Frames without a name space, such as Program.Main, are own ones then too.
func (c Code) Team(stack []string, messageType, handler string) Code {
	if len(c.own) > 0 {
		return c
	}
	c.inferred = true
	types := [...]string{root(handler, 1), root(messageType, 1)}
	last, called := c.entry(stack, types[:])
	if outer := slices.Index(stack, Cause); outer >= 0 { // its frames reach down to the entry
		if l, root := c.entry(stack[:outer], types[:]); root != "" {
			last, called = l, root
		}
	}
	entered := slices.Contains(stack, "")
	for i, space := range types {
		switch {
		case space == "":
		case known(space) && strings.HasPrefix(last, space),
			!known(space) && (i == 0 || !entered || called == "") && begins(stack, space):
			c.own = []string{space}
			return c
		}
	}
	if called != "" {
		c.own = []string{called}
	}
	return c
}

// entry is the last frame that may be the team's, by its name or because it
// begins with one of the roots, and the last root of those that are nobody
// else's.
func (c Code) entry(stack, roots []string) (last, called string) {
	for _, name := range slices.Backward(stack) {
		unknown := !known(name)
		if longest(c.framework, name) > 0 || strings.IndexByte(name, '.') <= 0 || !unknown && longest(roots, name) == 0 {
			continue
		}
		if last == "" {
			last = name
		}
		if unknown {
			called = root(c.Method(name), 2)
		}
		if called != "" {
			break
		}
	}
	return last, called
}

// begins reports whether some name begins with a prefix.
func begins(names []string, prefix string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, prefix) })
}

// shared are the first parts of name spaces below which many parties have
// their own: of Java's reversed domains, and of .NET's maker.
var shared = set("Microsoft", "System", "Azure", "com", "org", "net", "io", "dev", "de", "uk", "eu", "fr", "nl", "dk", "se", "no", "ch", "at", "be",
	"es", "it", "pl", "pt", "br", "au", "nz", "jp", "cn", "in", "us", "ca", "gov", "co", "app", "cloud", "tech", "ai")

// root is the part of a name that its whole team shares, with the point or
// slash that ends it: "Shop.", "com.shop.", "shop.example/". Behind it there
// are at least so many parts more; it is "" for a name too short.
func root(name string, behind int) string {
	name, _, _ = strings.Cut(name, "[[")
	if host := strings.IndexByte(name, '/'); host > 0 { // Go's
		if owner := strings.IndexByte(name[host+1:], '/'); owner > 0 && strings.Contains(name[:host], "git") {
			host += 1 + owner
		}
		return name[:host+1]
	}
	for at, part := 0, "com"; ; {
		if !shared[part] {
			if strings.Count(name[at:], ".") < behind-1 {
				return ""
			}
			return name[:at]
		}
		end := strings.IndexByte(name[at:], '.')
		if end < 0 {
			return ""
		}
		part, at = name[at:at+end], at+end+1
	}
}
