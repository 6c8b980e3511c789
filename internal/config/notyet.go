package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/busbell/busbell/internal/config/yamlfile"
	"github.com/busbell/busbell/internal/setting"
)

// notYet lists the keys that are understood and checked, and change nothing
// until a later version acts on them.
var notYet = []string{
	"recovery",
	"features.once", "features.for", "features.counts", "features.per", "features.startAt",
	"features.duplicates", "features.silence", "features.followedBy",
}

var index = regexp.MustCompile(`\[\d+\]`)

// warnNotYet says once which of the keys in the file are not acted on, at the
// first of them.
func warnNotYet(d *yamlfile.Document) {
	var used []string
	var first yamlfile.Position
	for path, at := range d.Keys() {
		path = index.ReplaceAllString(path, "")
		if !slices.Contains(notYet, path) {
			continue
		}
		used = append(used, path)
		if first.Line == 0 || at.Line < first.Line || at.Line == first.Line && at.Column < first.Column {
			first = at
		}
	}
	if len(used) == 0 {
		return
	}
	slices.SortFunc(used, func(a, b string) int { return slices.Index(notYet, a) - slices.Index(notYet, b) })
	d.ReportAt(first, setting.Problem{
		What: "not yet: " + strings.Join(slices.Compact(used), ", "),
		Cure: "these keys are checked, and change nothing in this version", Warning: true,
	})
}
