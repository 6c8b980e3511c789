package functions

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// longestLine is where a line without an end is cut.
const longestLine = 64 << 10

// A console turns what the handler writes to one of its streams into lines.
type console struct {
	level func(line string) slog.Level
	emit  func(Event)
	mu    sync.Mutex
	rest  []byte
	last  []string // the last three lines
}

func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest = append(c.rest, b...)
	for {
		line, rest, found := bytes.Cut(c.rest, []byte("\n"))
		if !found && len(c.rest) < longestLine {
			return len(b), nil
		}
		c.rest = rest
		c.line(string(line))
	}
}

// flush tells the line that the process did not end.
func (c *console) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.line(string(c.rest))
	c.rest = nil
}

func (c *console) line(s string) {
	s = strings.TrimRight(s, "\r")
	if s == "" {
		return
	}
	c.last = append(c.last, s)[max(0, len(c.last)-2):]
	c.emit(Event{Kind: Line, Level: c.level(s), Line: s})
}

// tail is what the exit of the process is explained with.
func (c *console) tail() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.last, ", ")
}

// outLevel is the level of every line on stdout, whatever it says.
func outLevel(string) slog.Level { return slog.LevelInfo }

// errLevel is that of a line on stderr; always says that everything there is
// an error unless it warns.
func errLevel(always bool) func(string) slog.Level {
	return func(line string) slog.Level {
		line = strings.ToLower(line)
		switch {
		case strings.Contains(line, "warn"):
			return slog.LevelWarn
		case always, strings.Contains(line, "error"), strings.Contains(line, "fail"), strings.Contains(line, "severe"):
			return slog.LevelError
		}
		return slog.LevelInfo
	}
}
