package operator

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestJSONObeysNoMessage(t *testing.T) {
	text := "a\u009b31m \u202eb \U000e0041 \ue000 \u200b \u2028 \x7f \ufeff <é 🚌\n"
	var out bytes.Buffer
	if err := WriteJSON(&out, map[string]string{"text": text}); err != nil {
		t.Fatal(err)
	}
	want := `{"text":"a\u009b31m \u202eb \udb40\udc41 \ue000 \u200b \u2028 \u007f \ufeff <é 🚌\n"}` + "\n"
	if out.String() != want {
		t.Errorf("wrote %q, want %q", out.String(), want)
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["text"] != text {
		t.Errorf("read back %q, %v", back["text"], err)
	}
}
