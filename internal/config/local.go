package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LocalValues are the Values of local.settings.json, which the Functions host
// gives to the handler on a developer's machine. Without host.json beside it
// the file is somebody else's; without the file there are none. No error
// repeats a value: they are secrets.
func LocalValues(dir string) (map[string]string, error) {
	const name = "local.settings.json"
	if _, err := os.Stat(filepath.Join(dir, "host.json")); err != nil {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read; make it readable for this program", name)
	}
	var file struct {
		IsEncrypted bool
		Values      map[string]any
	}
	if err := json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &file); err != nil {
		return nil, fmt.Errorf("%s: not JSON of settings; mend it, or set what it holds in the environment", name)
	}
	if file.IsEncrypted && len(file.Values) > 0 {
		return nil, fmt.Errorf("%s: its values are encrypted; run: func settings decrypt", name)
	}
	values := map[string]string{}
	for key, value := range file.Values {
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("%s: Values.%s is not a text; write it in quotes", name, key)
		}
		values[key] = text
	}
	return values, nil
}
