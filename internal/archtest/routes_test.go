package archtest

import (
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"slices"
	"testing"

	"github.com/busbell/busbell/internal/app"
)

// The host calls what it finds folders for, and finds no route that has none.
func TestEveryFunctionHasARouteAndEveryRouteAFunction(t *testing.T) {
	want := functionRoutes(t)
	got := slices.Sorted(maps.Keys(new(app.App).Routes()))
	if !slices.Equal(got, want) {
		t.Errorf("the handler serves %q, the function folders want %q", got, want)
	}
}

// functionRoutes returns, sorted, where the host will post for each folder
// that has a function.json: what comes over HTTP is passed on raw under
// /api/, everything else goes to the function's name.
func functionRoutes(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(root, "*/function.json")
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, file := range files {
		text, err := fs.ReadFile(root, file)
		if err != nil {
			t.Fatal(err)
		}
		var function struct {
			Bindings []struct{ Type, Route string }
		}
		if err := json.Unmarshal(text, &function); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		name := path.Dir(file)
		route := "/" + name
		for _, b := range function.Bindings {
			switch {
			case b.Type == "httpTrigger" && b.Route != "":
				route = "/api/" + b.Route
			case b.Type == "httpTrigger":
				route = "/api/" + name
			}
		}
		routes = append(routes, route)
	}
	slices.Sort(routes)
	return routes
}
