package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/busbell/busbell/internal/setting"
)

// serve opens the host's own address, for HTTP functions and the
// administration. It must be on the loopback.
func (h *Host) serve(ctx context.Context, addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("the host's address: %w", err)
	}
	if !setting.Local(host) {
		return fmt.Errorf("the host's address %s is not on the loopback", addr)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("the host's address: %w", err)
	}
	h.addr = l.Addr().String()
	h.front = &http.Server{Handler: h.mux(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go func() {
		if err := h.front.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			h.emit(Event{Kind: Problem, Level: slog.LevelError, Err: fmt.Errorf("serving on %s: %w", h.addr, err)})
		}
	}()
	return nil
}

func (h *Host) mux() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /admin/functions/{name}", h.keyed(h.runByHand))
	mux.HandleFunc("GET /admin/host/status", h.keyed(h.status))
	mux.HandleFunc("GET /admin/host/ping", func(http.ResponseWriter, *http.Request) {})
	proxy := h.proxy()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/admin/") {
			mux.ServeHTTP(w, r)
			return
		}
		fn := h.routed(r)
		switch {
		case fn == nil:
			w.WriteHeader(http.StatusNotFound)
		case fn.http.keyed:
			h.keyed(func(w http.ResponseWriter, r *http.Request) { h.pass(proxy, fn, w, r) })(w, r)
		default:
			h.pass(proxy, fn, w, r)
		}
	})
}

// routed finds the function that a request is for.
func (h *Host) routed(r *http.Request) *function {
	for _, fn := range h.fns {
		if t := fn.http; t != nil && t.route.matches(r.URL.Path) &&
			(len(t.methods) == 0 || slices.ContainsFunc(t.methods, func(m string) bool { return strings.EqualFold(m, r.Method) })) {
			return fn
		}
	}
	return nil
}

// keyed lets a request through that brings the key, if there is one to bring.
func (h *Host) keyed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("X-Functions-Key")
		if key == "" {
			key = r.URL.Query().Get("code")
		}
		if h.cfg.Key != "" && key != h.cfg.Key {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

// proxy hands requests to the handler as they are.
func (h *Host) proxy() *httputil.ReverseProxy {
	target := &url.URL{Scheme: "http", Host: strings.TrimPrefix(h.url, "http://")}
	return &httputil.ReverseProxy{
		Transport:     h.transport,
		FlushInterval: -1, // the host streams
		ErrorLog:      slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			r.Out.Host = r.In.Host
		},
	}
}

// pass proxies one request. Whatever status the handler answers goes to the
// caller; only a call without an answer is a failure, and 500 to the caller.
func (h *Host) pass(proxy *httputil.ReverseProxy, fn *function, w http.ResponseWriter, r *http.Request) {
	if !h.calls.begin() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	defer h.calls.end()
	id, began := newGUID(), time.Now()
	_, err := h.limited(func(ctx context.Context) ([]string, error) {
		return nil, forward(ctx, proxy, id, w, r)
	})
	e := Event{Kind: Ran, Function: fn.name, ID: id, Took: time.Since(began)}
	if err != nil {
		e.Kind, e.Level, e.Err = Failed, slog.LevelError, err
	}
	h.emit(e)
	switch {
	case errors.Is(err, http.ErrAbortHandler):
		panic(http.ErrAbortHandler) // the caller has half an answer: let it see that
	case err != nil:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// forward makes the call of pass. It ends when ctx does or the caller leaves.
func forward(ctx context.Context, proxy *httputil.ReverseProxy, id string, w http.ResponseWriter, r *http.Request) (err error) {
	calling, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	defer func() {
		if p := recover(); p != nil { // the proxy's way to say that the answer broke off
			err = fmt.Errorf("passing the handler's answer on: %w", http.ErrAbortHandler)
		}
	}()
	once := *proxy
	once.ErrorHandler = func(_ http.ResponseWriter, _ *http.Request, cause error) {
		err = fmt.Errorf("calling the handler: %w", cause)
	}
	out := r.Clone(calling)
	out.Header.Set("X-Azure-Functions-InvocationId", id)
	out.Header.Set("X-Azure-Functions-HostVersion", hostVersion)
	out.Header.Set("X-Ms-Invocation-Id", id)
	once.ServeHTTP(w, out)
	return err
}

// runByHand starts a timer at once, even if it runs, and answers before it ends.
func (h *Host) runByHand(w http.ResponseWriter, r *http.Request) {
	c := h.clock(r.PathValue("name"))
	if c == nil {
		http.Error(w, "there is no timer of that name", http.StatusNotFound)
		return
	}
	if h.calls.stopping() {
		http.Error(w, errStopping.Error(), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	go func() { _ = h.ring(c, h.stored(c)) }() // an event tells the outcome
}

func (h *Host) status(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	errs := []string{}
	for _, err := range h.broken {
		errs = append(errs, err.Error())
	}
	_ = json.NewEncoder(w).Encode(map[string]any{ // the caller may have gone
		"id": h.id, "state": "Running", "version": hostVersion, "versionDetails": hostVersion + " (emulator)",
		"processUptime": time.Since(h.began).Milliseconds(), "errors": errs,
	})
}
