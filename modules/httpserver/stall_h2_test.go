package httpserver

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// stall opens n streams on an HTTP/2 connection, leaves no room for their
// responses, and waits until these have begun.
func (r *rig) stall(secure bool, n int) {
	r.t.Helper()
	h2 := r.dialH2(secure)
	c := h2.nc
	io.WriteString(c, noStreamRoom)
	for i := range n {
		const headers = "\x82\x86\x84\x01\x04test" // GET, http, /, authority
		head := []byte{0, 0, byte(len(headers)), h2frame.Headers, 5 /* END_HEADERS, END_STREAM */}
		c.Write(append(binary.BigEndian.AppendUint32(head, uint32(2*i+1)), headers...))
	}
	await(r.t, "responses to begin", func() bool { h2.mu.Lock(); defer h2.mu.Unlock(); return h2.begun == n })
}

// scan is Scan after every client has acknowledged what it has got: otherwise scans
// in quick succession would cut it.
func (r *rig) scan() {
	r.t.Helper()
	await(r.t, "acknowledgements", func() bool { return r.server.conns.Sending() == 0 })
	r.server.conns.Scan()
}

// noStreamRoom is a SETTINGS_INITIAL_WINDOW_SIZE of 0.
const noStreamRoom = "\x00\x00\x06\x04\x00\x00\x00\x00\x00" + "\x00\x04\x00\x00\x00\x00"

// A response for which its client leaves no room is cut, whatever it consists of,
// and its handler ends.
func TestResponseWithoutRoomIsCut(t *testing.T) {
	handlers := map[string]http.HandlerFunc{
		"small": hello,
		"large": func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<20)) },
		"stream": func(w http.ResponseWriter, r *http.Request) {
			for w.(http.Flusher).Flush(); r.Context().Err() == nil; w.(http.Flusher).Flush() {
				w.Write([]byte("event"))
			}
		},
	}
	for name, h := range handlers {
		for _, secure := range []bool{false, true} {
			for _, twoStep := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, TLS %v, two steps %v", name, secure, twoStep), func(t *testing.T) {
					t.Parallel()
					opts := []rigOption{tuned(cleartext), configured(func(c *Config) { c.StallTimeout, c.TwoStepGoAway = 0, twoStep })}
					if secure {
						opt, _ := withTLS(t, "test")
						opts[0] = opt
					}
					ended := make(chan struct{})
					r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						defer close(ended)
						h(w, r)
					}), opts...)
					r.stall(secure, 1)
					await(t, "the cut", func() bool { r.scan(); return r.server.conns.Stalled() == 1 })
					<-ended
					await(t, "the end of the stream", func() bool { n, _ := r.server.conns.States(); return n["active"] == 0 })
					if n := r.server.conns.Len(); n != 1 {
						t.Errorf("got %d connections, want the one to live on", n)
					}
				})
			}
		}
	}
}

// Thousands of streams without room cost other clients nothing: not those of the
// same connection, and not when the server stops.
func TestStreamsWithoutRoomCostNobodyElse(t *testing.T) {
	const connections, streams = 10, 200
	var ended atomic.Int64
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			defer ended.Add(1)
			w.Write(make([]byte, 1<<16))
			return
		}
		hello(w, r)
	}), tuned(cleartext), configured(func(c *Config) { c.StallTimeout = 0 }))
	for range connections {
		r.stall(false, streams)
	}
	c := cleartextClient(true)
	defer c.CloseIdleConnections()
	for range scansToCut {
		r.scan()
		if res, err := c.Post("http://"+r.addr, "", strings.NewReader("x")); err != nil {
			t.Error(err)
		} else {
			res.Body.Close()
		}
	}
	await(t, "the end of the handlers", func() bool { return ended.Load() == connections*streams })
	if n := r.server.conns.Stalled(); n != connections*streams {
		t.Errorf("cut %d, want %d streams", n, connections*streams)
	}
	r.term()
	if got := r.wait().Counts(); got["cut"] != 0 {
		t.Errorf("got %v, want nothing left to cut", got)
	}
}

// scansToCut is how often Scan must find a stream without room before it is cut.
const scansToCut = rounds + 1

// A body of unknown length that never comes is cut. A gRPC conversation, recognized
// by its type, is not, even while its client does not read.
func TestBodyOfUnknownLengthIsCutUnlessItIsAConversation(t *testing.T) {
	for _, tt := range []struct {
		kind string
		cut  bool
	}{
		{"", true}, {"text/plain", true}, {"application/grpc-web", true}, {"application/connect", true},
		{"application/grpc", false}, {"application/grpc+proto", false}, {"application/grpc; charset=utf-8", false}, {"application/connect+json", false},
	} {
		for _, secureConn := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, TLS %v", tt.kind, secureConn), func(t *testing.T) {
				t.Parallel()
				opts, c, scheme := []rigOption{tuned(cleartext)}, cleartextClient(true), "http://"
				if secureConn {
					opt, _ := withTLS(t, "test")
					opts, c, scheme = []rigOption{opt}, secure("HTTP/2.0"), "https://"
				}
				defer c.CloseIdleConnections()
				reading, failed := make(chan struct{}), make(chan error, 1)
				r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					close(reading)
					_, err := io.Copy(w, r.Body)
					failed <- err
				}), append(opts, configured(func(c *Config) { c.StallTimeout = 0 }))...)
				body, more := io.Pipe()
				defer more.Close()
				answered := make(chan string, 1)
				go func() {
					res, err := c.Post(scheme+r.addr, tt.kind, body)
					if err != nil {
						answered <- err.Error()
						return
					}
					defer res.Body.Close()
					got, _ := io.ReadAll(res.Body)
					answered <- string(got)
				}()
				<-reading
				if tt.cut {
					await(t, "the cut", func() bool { r.scan(); return r.server.conns.Stalled() > 0 })
					if err := <-failed; err == nil {
						t.Error("the handler did not notice")
					}
					return
				}
				for range 5 * rounds {
					r.scan()
				}
				io.WriteString(more, "hello")
				more.Close()
				if got := <-answered; got != "hello" {
					t.Errorf("got %q", got)
				}
			})
		}
	}
}
