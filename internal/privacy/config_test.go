package privacy

import "testing"

func TestConfigProblemsNameTheirPlace(t *testing.T) {
	good := Config{Show: []string{"OrderId"}, Mask: []Pattern{{"customer number", `C-\d{6}`}}, Text: "hidden"}
	if p := good.Validate(); len(p) > 0 {
		t.Errorf("a good configuration: %v", p)
	}
	for _, tt := range []struct {
		name string
		cfg  Config
		path string
	}{
		{"text", Config{Text: "hiden"}, "text"},
		{"pattern", Config{Mask: []Pattern{{"a", `\d`}, {"b", `(`}}}, "mask[1].pattern"},
		{"no pattern", Config{Mask: []Pattern{{"a", ""}}}, "mask[0].pattern"},
		{"look-ahead", Config{Mask: []Pattern{{"a", `a(?=b)`}}}, "mask[0].pattern"},
		{"matches nothing", Config{Mask: []Pattern{{"a", `\d*`}}}, "mask[0].pattern"},
		{"no name", Config{Mask: []Pattern{{"", `\d`}}}, "mask[0].name"},
		{"a name with brackets", Config{Mask: []Pattern{{"[a]", `\d`}}}, "mask[0].name"},
		{"national id", Config{NationalIDs: []string{"SSN", "CRP"}}, "nationalIds[1]"},
		{"no field", Config{Show: []string{""}}, "show[0]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := tt.cfg.Validate()
			if len(p) != 1 || p[0].Path != tt.path {
				t.Errorf("Validate = %v, want one problem at %s", p, tt.path)
			}
			if _, err := New(tt.cfg); err == nil {
				t.Error("New takes it")
			}
		})
	}
}
