package docs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// read unmarshals a file of the repository.
func read(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestTasksOfTheEditorAreThere(t *testing.T) {
	var file struct {
		Tasks []struct{ Label, Command, DependsOn string }
	}
	read(t, ".vscode/tasks.json", &file)
	makefile, err := os.ReadFile(filepath.Join(repository, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Tasks) == 0 {
		t.Fatal("no tasks")
	}
	var labels []string
	for _, task := range file.Tasks {
		labels = append(labels, task.Label)
		target, made := strings.CutPrefix(task.Command, "make ")
		if made && !regexp.MustCompile(`(?m)^`+target+`:`).Match(makefile) {
			t.Errorf("%s runs make %s, which the Makefile does not have", task.Label, target)
		}
		if task.DependsOn != "" && !slices.Contains(labels, task.DependsOn) {
			t.Errorf("%s depends on %s, which is no task before it", task.Label, task.DependsOn)
		}
		if !made && task.DependsOn != "build" {
			t.Errorf("%s runs %s, which nobody has built", task.Label, task.Command)
		}
	}
}

// The container has the Go that go.mod asks for, and shows the page.
func TestTheDevContainerFitsTheRepository(t *testing.T) {
	var file struct {
		Image        string
		ForwardPorts []int
	}
	read(t, ".devcontainer/devcontainer.json", &file)
	mod, err := os.ReadFile(filepath.Join(repository, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	if version == nil || !strings.HasSuffix(file.Image, ":"+string(version[1])) {
		t.Errorf("the image is %s, and go.mod asks for Go %s", file.Image, version)
	}
	if !slices.Contains(file.ForwardPorts, 9700) {
		t.Errorf("the page is not shown: ports %v", file.ForwardPorts)
	}
}
