package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// load sends the same request over and over from a number of connections for
// a while, and returns how many a second were answered with 200. It is as
// cheap as can be, since it shares the machine with what it measures.
func load(addr string, request []byte, connections int, duration time.Duration) (float64, error) {
	callers := make([]*caller, connections)
	for i := range callers {
		conn, err := net.Dial("tcp4", addr)
		if err != nil {
			return 0, fmt.Errorf("connect: %w", err)
		}
		defer func() { _ = conn.Close() }()
		callers[i] = &caller{conn, bufio.NewReader(conn)}
	}
	var over atomic.Bool
	var calls atomic.Int64
	errs := make([]error, connections)
	begun := time.Now()
	var all sync.WaitGroup
	for i, c := range callers {
		all.Go(func() {
			n := int64(0)
			for !over.Load() && errs[i] == nil {
				errs[i] = c.call(request)
				n++
			}
			calls.Add(n)
		})
	}
	time.Sleep(duration)
	over.Store(true)
	all.Wait()
	return float64(calls.Load()) / time.Since(begun).Seconds(), errors.Join(errs...)
}

// A caller is one kept-alive connection.
type caller struct {
	conn net.Conn
	r    *bufio.Reader
}

var good = []byte("HTTP/1.1 200")

// call sends a request and reads its answer, which is {} for a success.
func (c *caller) call(request []byte) error {
	if _, err := c.conn.Write(request); err != nil {
		return fmt.Errorf("call: %w", err)
	}
	status, err := c.r.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if !bytes.HasPrefix(status, good) {
		return fmt.Errorf("answered %q", status)
	}
	if _, err := c.r.ReadSlice('}'); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}
