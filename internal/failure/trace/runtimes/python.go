package runtimes

import (
	"strings"

	"github.com/busbell/busbell/internal/failure/trace"
)

const traceback = "Traceback (most recent call last):\n"

// pythonTrace reads a traceback. Of chained ones the last is the outermost
// exception; its last frame is where it was raised, and so comes first here,
// but behind those of a direct cause.
func pythonTrace(text string) (trace.Trace, bool) {
	text = trace.UnixLines(text)
	if !strings.HasPrefix(text, traceback) {
		return exceptionGroup(text)
	}
	chain := strings.SplitN(text[len(traceback):], "\n"+traceback, maxCauses)
	t, _ := raised(chain[len(chain)-1])
	for i := len(chain) - 2; i >= 0; i-- {
		inner, link := raised(chain[i])
		t.Inner = inner.Cause().Or(t.Inner)
		if link == directCause {
			t.Frames = inner.Frames + t.Frames
		} else {
			t.Frames += inner.Frames
		}
	}
	t.Text = text
	return t, t.Type != "" || t.Frames != ""
}

// What Python says between the tracebacks of a chain.
const (
	directCause = "\nThe above exception was the direct cause of the following exception:\n"
	context     = "\nDuring handling of the above exception, another exception occurred:\n"
)

// raised reads one traceback from behind its title, and what leads to the next.
// Where a limit has cut it, the exception may be missing.
func raised(block string) (t trace.Trace, link string) {
	for _, link = range []string{directCause, context, ""} {
		if rest, ok := strings.CutSuffix(block, link); ok {
			block = rest
			break
		}
	}
	for strings.HasPrefix(block, " ") {
		line, rest, whole := strings.Cut(block, "\n")
		if name := pythonName(line); name != "" && whole {
			t.Frames = asFrame(name)
		}
		block = rest
	}
	name := block[:trace.NameEnd(block)]
	message, ok := strings.CutPrefix(block[len(name):], ": ")
	if name == "" || !ok && strings.Trim(block[len(name):], "\n") != "" {
		return t, link
	}
	t.Type, t.Message = name, strings.TrimRight(message, "\n")
	return t, link
}

// exceptionGroup reads a group, in which the first exception stands for all of
// them, and groups within it.
func exceptionGroup(text string) (trace.Trace, bool) {
	const title = "Exception Group " + traceback
	if !strings.HasPrefix(strings.TrimLeft(text, " "), "+ "+title) {
		return trace.Trace{}, false
	}
	t := trace.Trace{Text: text}
	for n, member := range firstMembers(text) {
		block, group := strings.CutPrefix(string(member), title)
		inner, _ := raised(block)
		if !group && strings.HasPrefix(block, traceback) {
			inner, _ = pythonTrace(block)
		}
		if n == 0 {
			t.Type, t.Message = inner.Type, inner.Message
		} else {
			t.Inner = inner.Cause().Or(t.Inner)
		}
		t.Frames = inner.Frames + t.Frames
	}
	return t, t.Type != "" || t.Frames != ""
}

// firstMembers are the lines of a group, then of its first exception, which
// may be a group too, without what is drawn around them.
func firstMembers(text string) [][]byte {
	members := [][]byte{nil}
	for line := range strings.Lines(text) {
		line = strings.TrimLeft(line, " ")
		last := len(members) - 1
		switch {
		case strings.HasPrefix(line, "+-+-") && last < maxGroups:
			members = append(members, nil)
		case strings.HasPrefix(line, "+-"):
			return members
		default:
			members[last] = append(members[last], strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(line, "+ "), "|"), " ")...)
		}
	}
	return members
}

// maxGroups bounds how deep groups lie within groups.
const maxGroups = 8

// pythonName reads `  File "/src/billing/charge.py", line 5, in charge` as
// charge.charge. What lies in Python or in a package is nobody's own code.
func pythonName(line string) string {
	path, ok := strings.CutPrefix(line, `  File "`)
	if !ok {
		return ""
	}
	path, rest, ok := strings.Cut(path, `", line `)
	_, name, inside := strings.Cut(rest, ", in ")
	if !ok || !inside || strings.HasPrefix(path, "<") {
		return ""
	}
	for _, foreign := range []string{"site-packages", "dist-packages", "lib/python", `\Lib\`, "/azure-functions-host/", "azure_functions_worker"} {
		if strings.Contains(path, foreign) {
			return ""
		}
	}
	return fileName(path) + "." + strings.Trim(name, "<>")
}
