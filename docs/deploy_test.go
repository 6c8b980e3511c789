package docs

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What only a POSIX shell understands stands there for PowerShell as well,
// right below.
func TestPowerShellStandsBesideBash(t *testing.T) {
	posix := regexp.MustCompile(`read -rs|\$\(|\bexport |\bxargs |\bfor \w+ in `)
	text := readText(t, "docs/deploy.md")
	blocks := fenced.FindAllStringSubmatchIndex(text, -1)
	found := 0
	for i, at := range blocks {
		language, code := text[at[2]:at[3]], text[at[4]:at[5]]
		if language != "sh" || !posix.MatchString(code) {
			continue
		}
		found++
		if i+1 == len(blocks) || text[blocks[i+1][2]:blocks[i+1][3]] != "powershell" || strings.TrimSpace(text[at[1]:blocks[i+1][0]]) != "" {
			t.Errorf("no PowerShell below\n%s", code)
		}
	}
	if found < 5 {
		t.Errorf("only %d blocks of bash were found", found)
	}
}

// The button of deploy.md opens the template that the release workflow keeps.
func TestTheButtonOpensTheReleasedTemplate(t *testing.T) {
	m := regexp.MustCompile(`(?m)^\[portal\]: https://portal\.azure\.com/#create/Microsoft\.Template/uri/(\S+)$`).
		FindStringSubmatch(readText(t, "docs/deploy.md"))
	if m == nil {
		t.Fatal("deploy.md has no button")
	}
	template, err := url.PathUnescape(m[1])
	if err != nil {
		t.Fatal(err)
	}
	file, ours := strings.CutPrefix(template, "https://raw.githubusercontent.com/busbell/busbell/main/")
	if release := readText(t, ".github/workflows/release.yml"); !ours || !strings.Contains(release, "--outfile "+file+"\n") {
		t.Errorf("the button opens %s, which no release writes", template)
	}
}

// Each output that deploy.md explains or asks for is one of the template, and
// every output is explained.
func TestOutputsAreExplained(t *testing.T) {
	text := readText(t, "docs/deploy.md")
	outputs := regexp.MustCompile(`(?m)^output (\w+) `).FindAllStringSubmatch(readText(t, "infra/main.bicep"), -1)
	if len(outputs) == 0 {
		t.Fatal("main.bicep has no outputs")
	}
	known := map[string]bool{}
	for _, m := range outputs {
		known[m[1]] = true
		if !strings.Contains(text, "`"+m[1]+"`") {
			t.Errorf("deploy.md does not explain %s", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`the-([A-Z_]+)`).FindAllStringSubmatch(text, -1) {
		if !known[m[1]] {
			t.Errorf("deploy.md asks for %s, which the deployment does not print", m[1])
		}
	}
}
