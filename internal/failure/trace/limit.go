package trace

import "strings"

// DescriptionLimit is how much of a dead letter's reason or description the
// SDKs accept, in UTF-16 units: senders cut there, often without a mark.
const DescriptionLimit = 4_096

// Read takes a text apart that is an exception's, and that a limit which nobody
// names may have cut. It is false for a sentence.
func Read(text string) (Trace, bool) {
	typ, _, ok := Header(text)
	if !ok {
		return Trace{}, false
	}
	text, cut := limited(text)
	whole := text
	if begun(text) && !IsFrame(lastLine(text)) {
		whole = text[:len(text)-len(lastLine(text))]
	}
	whole = strings.TrimRight(whole, "\r\n")
	t := Parse(whole, cut || lastBlock(whole, false, false).missing(whole))
	t.Cut = t.Cut && whole == text
	return t, t.Frames != "" || t.Inner.Type != "" || IsException(typ) && typ != "Error" && typ != "Exception"
}

// limited takes the mark of a limit off a text, and reports whether a limit has
// ended the text: one that left a mark, the SDKs' or a round one of the
// sender's own, or one that left half a frame.
func limited(text string) (string, bool) {
	units := Units(text)
	for _, mark := range []string{"(...)", "[...]", "(truncated)", "[truncated]", "<truncated>"} {
		if rest, ok := strings.CutSuffix(text, mark); ok {
			return strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(rest, " "), "..."), "…"), true
		}
	}
	for _, mark := range []string{"...", "…"} { // a sentence may end so
		rest, ok := strings.CutSuffix(text, mark)
		if ok && (round(units) || round(units-Units(mark)) || begun(rest) || EndsInStack(rest) || strings.HasSuffix(rest, "\n")) {
			return rest, true
		}
	}
	return text, units >= DescriptionLimit || round(units) || begun(text)
}

// round reports whether a length is one that people choose for a limit.
func round(units int) bool {
	return units >= 200 && (units%100 == 0 || units%256 == 0 || units%256 == 255)
}

// begun reports whether a text ends within a line of a stack: before a frame's
// parameters end, or within what stands in front of its name.
func begun(text string) bool {
	line := lastLine(text)
	if line == "" || len(line) == len(text) {
		return false
	}
	if opens(line) {
		return true
	}
	foreign := strings.HasPrefix(line, "    at ") || strings.HasPrefix(line, "\tat ")
	return frameBegun(text) || (foreign || IsFrame(line)) && strings.IndexByte(line, ')') < 0
}

// opens reports whether a line is the beginning of what begins a line of a stack.
func opens(line string) bool {
	for _, sign := range []string{"   at ", "   --- ", " ---> ", "    at ", "\tat "} {
		if strings.HasPrefix(sign, line) {
			return true
		}
	}
	return false
}

func lastLine(text string) string { return text[strings.LastIndexByte(text, '\n')+1:] }

// missing reports whether endings are missing that the arrows ask for.
func (b block) missing(text string) bool {
	if leading(text, b.arrows) > len(b.ends) {
		return true
	}
	return b.body < len(text) && inlineEnd(text[:b.body], 0, true) < inlineEnd(text[:b.body], len(b.ends), false)
}
