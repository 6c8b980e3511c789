// Package docs holds the documents of this repository to what is there: links
// lead somewhere, commands that they show exist, and the shell blocks marked
// sh are run, in a copy of the repository, with stand-ins for the tools that
// would talk to the cloud.
package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const repository = ".."

// documents returns the texts that people read, by their path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		files, err := filepath.Glob(filepath.Join(repository, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found[file] = string(text)
		}
	}
	if len(found) < 7 {
		t.Fatalf("only %d documents found", len(found))
	}
	return found
}

var (
	fenced   = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notInURL = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// anchors are the names by which GitHub links to the headings of a text.
func anchors(text string) []string {
	var names []string
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		plain := notInURL.ReplaceAllString(strings.ToLower(m[1]), "")
		names = append(names, strings.ReplaceAll(plain, " ", "-"))
	}
	return names
}

func TestLinksLeadSomewhere(t *testing.T) {
	for file, text := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			target, anchor, _ := strings.Cut(m[1], "#")
			there := text
			if target != "" {
				read, err := os.ReadFile(filepath.Join(filepath.Dir(file), filepath.FromSlash(target)))
				if err != nil {
					t.Errorf("%s links to %s: %v", file, m[1], err)
					continue
				}
				there = string(read)
			}
			if anchor != "" && !slices.Contains(anchors(there), anchor) {
				t.Errorf("%s links to %s, and there is no such heading", file, m[1])
			}
		}
	}
}

func TestMakeTargetsAreThere(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(repository, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	target := regexp.MustCompile("(?m)(?:^|`|&& )make ([a-z][a-z-]*)")
	for file, text := range documents(t) {
		for _, m := range target.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(string(makefile), "\n"+m[1]+":") {
				t.Errorf("%s says make %s, which there is not", file, m[1])
			}
		}
	}
}

var path = regexp.MustCompile(`(?:\.github|\.ci|docs|infra|internal|cmd|bench|handler)/[\w./*-]*[\w*]`)

// Files that a reader makes, as the documents tell.
var made = []string{"infra/production.bicepparam"}

func TestFilesAreThere(t *testing.T) {
	for file, text := range documents(t) {
		if slices.Contains([]string{"contract.md", "decisions.md", "design.md", "flows.md"}, filepath.Base(file)) {
			continue // they speak of what is planned as well
		}
		for _, quoted := range regexp.MustCompile("`[^`\n]+`").FindAllString(text, -1) {
			for _, at := range path.FindAllStringIndex(quoted, -1) {
				name := quoted[at[0]:at[1]]
				if before := quoted[at[0]-1]; before != '`' && before != ' ' && before != '=' || slices.Contains(made, name) {
					continue
				}
				if found, err := filepath.Glob(filepath.Join(repository, name)); err != nil || len(found) == 0 {
					t.Errorf("%s speaks of %s, which is not there", file, name)
				}
			}
		}
	}
}
