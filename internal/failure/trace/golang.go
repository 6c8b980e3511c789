package trace

import "strings"

// goTrace reads a panic of Go: its first line is the message.
func goTrace(text string) (Trace, bool) {
	rest, ok := strings.CutPrefix(text, "panic: ")
	if !ok {
		return Trace{}, false
	}
	t := Trace{Text: text, Type: "panic", Message: strings.TrimSuffix(FirstLine(rest), "\r")}
	for line := range strings.Lines(rest) {
		if name := goName(line); name != "" {
			t.Frames = asFrame(name)
			break
		}
	}
	return t, true
}

// goName reads "shop.example/billing.(*Charger).Charge(0xc000, …)". Functions
// of the standard library lie in packages whose paths have no point.
func goName(line string) string {
	open := strings.LastIndexByte(line, '(')
	if open <= 0 || line[0] == '\t' || line[0] == ' ' {
		return ""
	}
	name := strings.NewReplacer("(*", "", ")", "", "[...]", "").Replace(line[:open])
	path := name[:strings.LastIndexByte(name, '/')+1]
	if own := path != "" && strings.Contains(path, ".") || strings.HasPrefix(name, "main."); !own || strings.Contains(name, " ") {
		return ""
	}
	if at := strings.Index(name[len(path):], ".func"); at > 0 { // a closure: main.run.func1
		name = name[:len(path)+at]
	}
	return name
}
