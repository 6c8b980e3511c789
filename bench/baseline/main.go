// Command baseline is the least that a handler of Azure Functions can be: an
// empty net/http server on the port that the host gives. What bin/handler
// costs beyond it is ours.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	empty := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
	})
	err := http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), empty)
	fmt.Fprintln(os.Stderr, "baseline:", err)
	os.Exit(1)
}
