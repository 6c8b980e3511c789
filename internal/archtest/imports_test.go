package archtest

import (
	"path"
	"slices"
	"strings"
	"testing"
)

func TestPackagesImportWhatTheTableAllows(t *testing.T) {
	for folder, imports := range readTree(t) {
		may, known := allowed[folder]
		if !known {
			t.Errorf("%s is new: say in the table of internal/archtest what it may import", folder)
			continue
		}
		for _, imported := range ours(imports) {
			if !covers(may, imported) {
				t.Errorf("%s imports %s, which the table does not allow", folder, imported)
			}
		}
	}
}

func TestTableNamesPackagesThatAreThere(t *testing.T) {
	tr := readTree(t)
	for folder, may := range allowed {
		if _, there := tr[folder]; !there {
			t.Errorf("the table has a line for %s, which is not there", folder)
		}
		for _, imported := range may {
			if _, known := allowed[imported]; !known && !strings.HasSuffix(imported, "/...") {
				t.Errorf("the table lets %s import %s, which has no line of its own", folder, imported)
			}
		}
	}
}

func TestOutsideLibrariesStayAtHome(t *testing.T) {
	for folder, imports := range readTree(t) {
		for _, imported := range imports {
			for library, may := range homes {
				if covers([]string{library}, imported) && !covers(may, folder) {
					t.Errorf("%s imports %s; of what ships, only %q may", folder, imported, may)
				}
			}
		}
	}
}

// The commands start stand-ins, but know nothing of tests: what testing
// brings, such as its flags, is not theirs.
func TestCommandsLinkNoTestPackage(t *testing.T) {
	tr := readTree(t)
	for _, command := range []string{"handler", "cmd/busbell"} {
		for folder, through := range tr.reaches(command) {
			if strings.HasSuffix(path.Base(folder), "test") || slices.Contains(tr[folder], "testing") {
				t.Errorf("%s links %s, through %s", command, folder, through)
			}
		}
	}
}

// What stands in for a service, and what only tests need, must not ship.
func TestHandlerLinksNoStandInAndNoTestPackage(t *testing.T) {
	met := readTree(t).reaches("handler")
	if _, built := met["internal/app"]; !built {
		t.Error("handler does not depend on internal/app: was it read at all?")
	}
	for folder, through := range met {
		if within(folder, "internal/emulator") || folder == "internal/demo" || strings.HasSuffix(path.Base(folder), "test") {
			t.Errorf("handler links %s, through %s", folder, through)
		}
	}
}
