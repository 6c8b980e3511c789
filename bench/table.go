package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A line is one figure of the table.
type line struct {
	Bench string `json:"bench"`
	What  string `json:"what"`
	Unit  string `json:"unit"`
	pair
	Budget budget `json:"budget,omitzero"`
	Beside string `json:"beside,omitempty"` // what the baseline is
}

// A budget bounds a figure, or its ratio to the baseline. The zero budget
// bounds nothing.
type budget struct {
	Limit   float64 `json:"limit"`
	AtLeast bool    `json:"atLeast,omitempty"` // else at most
	OfRatio bool    `json:"ofRatio,omitempty"`
}

func atMost(limit float64) budget       { return budget{Limit: limit} }
func atLeast(limit float64) budget      { return budget{Limit: limit, AtLeast: true} }
func ratioAtLeast(limit float64) budget { return budget{Limit: limit, AtLeast: true, OfRatio: true} }

func (b budget) String() string {
	if b == (budget{}) {
		return ""
	}
	sign := "≤"
	if b.AtLeast {
		sign = "≥"
	}
	if b.OfRatio {
		return fmt.Sprintf("%s %s ×", sign, number(b.Limit))
	}
	return sign + " " + number(b.Limit)
}

// over reports whether the figure breaks its budget.
func (l line) over() bool {
	v := l.Ours
	if l.Budget.OfRatio {
		v = l.Ratio
	}
	switch {
	case l.Budget == (budget{}):
		return false
	case l.Budget.AtLeast:
		return v < l.Budget.Limit
	}
	return v > l.Budget.Limit
}

func (l line) verdict() string {
	switch {
	case l.Budget == (budget{}):
		return ""
	case l.over():
		return "OVER"
	}
	return "ok"
}

// writeTable prints the lines for people, figures flush right.
func writeTable(w io.Writer, lines []line) {
	rows := [][]string{{"", "ours", "baseline", "ratio", "unit", "budget", "", "beside"}}
	for _, l := range lines {
		baseline, ratio := "", ""
		if l.Baseline != 0 {
			baseline, ratio = number(l.Baseline), number(l.Ratio)
		}
		rows = append(rows, []string{l.What, number(l.Ours), baseline, ratio, l.Unit, l.Budget.String(), l.verdict(), l.Beside})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i >= 1 && i <= 3 {
				b.WriteString(pad + cell + "  ")
			} else {
				b.WriteString(cell + pad + "  ")
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// writeJSON prints one object a line.
func writeJSON(w io.Writer, lines []line) error {
	encoder := json.NewEncoder(w)
	for _, l := range lines {
		if err := encoder.Encode(struct {
			line
			Verdict string `json:"verdict,omitempty"`
		}{l, l.verdict()}); err != nil {
			return fmt.Errorf("write the figures: %w", err)
		}
	}
	return nil
}

// number is a figure with about three digits that count: 0.84, 5.6, 23, 15,200.
func number(v float64) string {
	switch {
	case v == 0 || v >= 100:
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	case v >= 10:
		return trimmed(v, 1)
	}
	return trimmed(v, 2)
}

func trimmed(v float64, digits int) string {
	s := strconv.FormatFloat(v, 'f', digits, 64)
	return cmp.Or(strings.TrimRight(strings.TrimRight(s, "0"), "."), "0")
}

func thousands(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
