package functions

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"testing"
)

// The test binary plays the custom handler, and a host that goes away, when
// these are set.
const (
	handlerMode = "BUSBELL_TEST_HANDLER"
	hostRoot    = "BUSBELL_TEST_HOST"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(handlerMode) != "":
		os.Exit(handler(os.Getenv(handlerMode)))
	case os.Getenv(hostRoot) != "":
		os.Exit(host(os.Getenv(hostRoot)))
	}
	os.Exit(m.Run())
}

// seen is what the handler reports of a call, as a line on stdout.
type seen struct {
	Method, Path string
	Host         string
	Header       http.Header
	Chunked      bool
	Length       int64
	Body         string
}

// handler is a custom handler. Its mode is what it does about calls: ok
// answers {}, hold waits for GET /release, die exits with 1, empty and bad
// answer so; or what it does instead of serving: exit-N, mute.
func handler(mode string) int {
	if code, ok := strings.CutPrefix(mode, "exit-"); ok {
		fmt.Fprintln(os.Stderr, "first line")
		fmt.Fprintln(os.Stderr, "SETTING is missing")
		n, _ := strconv.Atoi(code)
		return n
	}
	if mode == "mute" {
		select {}
	}
	l, err := net.Listen("tcp4", "127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	go func() {
		<-stop
		fmt.Println("interrupted")
	}()
	release := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /release", func(http.ResponseWriter, *http.Request) { close(release) })
	mux.HandleFunc("GET /exit/{code}", func(_ http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		os.Exit(code)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		line, _ := json.Marshal(seen{
			r.Method, r.RequestURI, r.Host, r.Header,
			len(r.TransferEncoding) > 0, r.ContentLength, string(body),
		})
		fmt.Println(string(line))
		act(mode, w, r, release)
	})
	fmt.Fprintln(os.Stderr, "a warning: listening")
	return serve(l, mux)
}

func act(mode string, w http.ResponseWriter, r *http.Request, release chan struct{}) {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		w.Header().Set("X-Answer", "a")
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, "raw answer")
		return
	}
	switch mode {
	case "hold":
		<-release
	case "die":
		fmt.Fprintln(os.Stderr, "boom")
		os.Exit(1)
	case "empty":
		return
	case "bad":
		http.Error(w, `{"error":"no ledger"}`, http.StatusInternalServerError)
		return
	case "moved":
		if r.Method == http.MethodPost {
			http.Redirect(w, r, "/other", http.StatusMovedPermanently)
			return
		}
	case "again":
		if r.URL.Path != "/other" {
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"Logs":["from the answer"]}`)
}

func serve(l net.Listener, h http.Handler) int {
	fmt.Fprintln(os.Stderr, http.Serve(l, h))
	return 1
}

// host runs a host whose handler may outlive it, prints the handler's
// address, and ends without stopping anything when told to.
func host(root string) int {
	h, err := Start(context.Background(), Config{
		Root: root, Env: append(os.Environ(), handlerMode+"=ok"), Orphan: os.Getenv("ORPHAN") != "",
	})
	if err == nil {
		err = h.Ready(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(h.url)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	return 0
}
