package trace

import "strings"

const traceback = "Traceback (most recent call last):\n"

// pythonTrace reads a traceback. Of chained ones the last is the outermost
// exception; its last frame is where it was raised, and so comes first here.
func pythonTrace(text string) (Trace, bool) {
	text = UnixLines(text)
	if !strings.HasPrefix(text, traceback) {
		return Trace{}, false
	}
	block := text
	if i := strings.LastIndex(text, "\n"+traceback); i >= 0 {
		block = text[i+1:]
	}
	block = block[len(traceback):]
	var frames []string
	for strings.HasPrefix(block, " ") {
		line, rest, _ := strings.Cut(block, "\n")
		if name := pythonName(line); name != "" {
			frames = append(frames, name)
		}
		block = rest
	}
	name := block[:nameEnd(block)]
	if name == "" {
		return Trace{}, false // cut within the frames
	}
	message, ok := strings.CutPrefix(block[len(name):], ": ")
	if !ok && strings.Trim(block[len(name):], "\n") != "" {
		return Trace{}, false
	}
	t := Trace{Text: text, Type: name, Message: strings.TrimRight(message, "\n")}
	for i := len(frames) - 1; i >= 0 && t.Frames == ""; i-- {
		t.Frames = asFrame(frames[i])
	}
	return t, true
}

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
	for _, foreign := range []string{"site-packages", "dist-packages", "lib/python", `\Lib\`} {
		if strings.Contains(path, foreign) {
			return ""
		}
	}
	return fileName(path) + "." + strings.Trim(name, "<>")
}
