package yamlfile

import "testing"

// A field may be renamed without a file of somebody's losing a key.
func TestAKeyIsTheTagOfAFieldNotItsName(t *testing.T) {
	var v struct {
		Renamed     string `yaml:"remindAfter"`
		RemindAfter string `yaml:"other"`
	}
	d := Read("file.yaml", []byte("remindAfter: a\nother: b\n"), &v)
	if v.Renamed != "a" || v.RemindAfter != "b" || len(d.Faults()) > 0 {
		t.Errorf("read %+v, faults %v", v, d.Faults())
	}
}
