package conformance

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// wire is a WebSocket client that does what no library does.
type wire struct {
	t      *testing.T
	server string // the library it uses
	net.Conn
	br *bufio.Reader
}

const (
	continuation = 0
	textMessage  = 1
	closing      = 8
	final        = 0x80
)

func dialWire(t *testing.T, port int) *wire {
	t.Helper()
	nc, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(2 * patience))
	io.WriteString(nc, "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	br := bufio.NewReader(nc)
	res, err := http.ReadResponse(br, nil)
	if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("got %v, %v, want 101", res, err)
	}
	return &wire{t: t, Conn: nc, br: br}
}

// send writes one frame of up to 125 bytes, masked with zeros.
func (w *wire) send(head byte, payload string) error {
	_, err := w.Write(append([]byte{head, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...))
	return err
}

// receive reads one frame.
func (w *wire) receive() (head byte, payload []byte, err error) {
	var b [2]byte
	if _, err := io.ReadFull(w.br, b[:]); err != nil {
		return 0, nil, err
	}
	if b[1] > 125 || b[0]&0x70 != 0 {
		return 0, nil, fmt.Errorf("got the frame %x, want none with a long length or reserved bits", b)
	}
	payload = make([]byte, b[1])
	_, err = io.ReadFull(w.br, payload)
	return b[0], payload, err
}

// wantGoingAway reads frames until a close has come, which must be 1001.
func (w *wire) wantGoingAway() {
	w.t.Helper()
	for {
		head, payload, err := w.receive()
		if err != nil {
			w.t.Errorf("got %v, want a close", err)
			return
		}
		if head == final|closing {
			if len(payload) < 2 || binary.BigEndian.Uint16(payload) != 1001 {
				w.t.Errorf("got a close with %x, want 1001", payload)
			}
			return
		}
	}
}

const goingAway = "\x03\xe9"

// The close cases of Autobahn, as far as they concern a server that is stopping.
func TestGoodbyeInEverySituation(t *testing.T) {
	echo := func(w *wire) {
		w.send(final|textMessage, "hi")
		if _, got, err := w.receive(); string(got) != "hi" {
			w.t.Fatalf("got %q, %v, want the echo", got, err)
		}
	}
	situations := map[string]struct {
		before  func(*wire)
		after   func(*wire)
		patient bool // only the budget of the stop ends it
	}{
		"idle": {echo, func(w *wire) { w.wantGoingAway(); w.send(final|closing, goingAway) }, false},
		"in the middle of a fragmented message": {
			func(w *wire) { echo(w); w.send(textMessage, "one ") },
			func(w *wire) {
				w.wantGoingAway()
				w.send(continuation, "two ")
				w.send(final|continuation, "three")
				w.send(final|closing, goingAway)
			}, false},
		"in the middle of a frame": {
			func(w *wire) { echo(w); w.Write([]byte{final | textMessage, 0x84, 0, 0, 0, 0, 'h'}) },
			func(w *wire) {
				w.wantGoingAway()
				io.WriteString(w, "alf")
				w.send(final|closing, goingAway)
			}, false},
		"while the peer closes as well": {echo, func(w *wire) {
			w.send(final|closing, "\x03\xe8")
			for { // 1001 or the answer to ours, whichever was first
				head, _, err := w.receive()
				if err != nil || head == final|closing {
					return
				}
			}
		}, false},
		"while the peer floods": {echo, func(w *wire) {
			flooded := make(chan struct{})
			go func() {
				defer close(flooded)
				for w.send(final|textMessage, "more") == nil {
				}
			}()
			if w.server == "gws" { // closes the connection itself, over what it has not read: the goodbye may be lost
				io.Copy(io.Discard, w.br)
			} else {
				w.wantGoingAway()
			}
			w.Close()
			<-flooded
		}, false},
		"to a peer that goes without a word":    {echo, func(w *wire) { w.Close() }, false},
		"to a peer that hears it and stays":     {echo, func(w *wire) { w.wantGoingAway(); io.Copy(io.Discard, w.br) }, true},
		"to a peer that neither reads nor goes": {echo, func(*wire) {}, true},
	}
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("all", func(t *testing.T) { // returns when its parallel tests have
		for server, h := range servers {
			for name, s := range situations {
				t.Run(server+" "+name, func(t *testing.T) {
					t.Parallel()
					port, stop := ours(t, &http.Server{Handler: h})
					w := dialWire(t, port)
					w.server = server
					s.before(w)
					began := time.Now()
					stopped := make(chan map[string]int64, 1)
					go func() { stopped <- stop().Counts() }()
					s.after(w)
					counts := <-stopped
					took := time.Since(began)
					if took > *stopBudget+patience || !s.patient && counts["cut"] != 0 {
						t.Errorf("the stop took %v, counts %v", took, counts)
					}
				})
			}
		}
	})
}
