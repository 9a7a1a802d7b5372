package h2move

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

func frame(typ, flags byte, stream uint32, payload ...byte) []byte {
	return append(h2frame.AppendHead(nil, len(payload), typ, flags, stream), payload...)
}

func window(stream, n uint32) []byte {
	return frame(h2frame.WindowUpdate, 0, stream, binary.BigEndian.AppendUint32(nil, n)...)
}

// recorder records what one side has received, frame by frame.
type recorder struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all.Write(p)
}

// take returns what has come since the last call, as "type:flags:stream:payload".
func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := bytes.TrimPrefix(r.all.Bytes(), []byte(h2frame.Preface))
	var list []string
	for rest := bytes.NewReader(b); rest.Len() > 0; {
		p, payload, err := h2frame.Read(rest)
		if err != nil {
			return "part of a frame"
		}
		if len(payload) > 20 {
			payload = []byte(fmt.Sprint(len(payload)))
		}
		list = append(list, fmt.Sprintf("%d:%d:%d:%x", p.Type(), p.Flags(), p.Stream(), payload))
	}
	r.all.Reset()
	return strings.Join(list, " ")
}

// rig is a Conn between a client and a server that a test controls.
type rig struct {
	t          *testing.T
	conn       *Conn
	far        net.Conn
	fromClient recorder // what the server reads
	fromServer recorder // what the client reads
	state      *State   // with which the connection has left
}

// testRig runs a test with a Conn in a bubble: synctest.Wait returns when
// everything is read. Without a state, both sides have exchanged their SETTINGS.
func testRig(t *testing.T, from *State, test func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		r := &rig{t: t, conn: New(near, from), far: far}
		var all sync.WaitGroup
		copyTo := func(to *recorder, c net.Conn) {
			all.Go(func() {
				for b := make([]byte, 4096); ; {
					n, err := c.Read(b)
					_, _ = to.Write(b[:n])
					if err != nil {
						return
					}
				}
			})
		}
		copyTo(&r.fromClient, r.conn)
		copyTo(&r.fromServer, far)
		defer func() {
			_, _, _ = near.Close(), r.conn.Close(), far.Close()
			all.Wait()
		}()
		if from == nil {
			r.client([]byte(h2frame.Preface), someSettings)
			r.server(someSettings, settingsAck)
			r.client(settingsAck)
			r.fromClient.take()
			r.fromServer.take()
		}
		synctest.Wait()
		test(r)
	})
}

func (r *rig) client(frames ...[]byte) {
	r.t.Helper()
	for _, f := range frames {
		if _, err := r.far.Write(f); err != nil {
			r.t.Fatal(err)
		}
	}
	synctest.Wait()
}

// server writes in pieces, as net/http's buffer may.
func (r *rig) server(frames ...[]byte) {
	r.t.Helper()
	for b := bytes.Join(frames, nil); len(b) > 0; {
		n := min(7, len(b))
		if _, err := r.conn.Write(b[:n]); err != nil {
			r.t.Fatal(err)
		}
		b = b[n:]
	}
	synctest.Wait()
}

func (r *rig) begin() {
	r.conn.Begin(func(s *State, _ bool) Decision { r.state = s; return Leaves })
	synctest.Wait()
}

func (r *rig) wantLeft(left bool) {
	r.t.Helper()
	r.conn.Wake()
	synctest.Wait()
	if got := r.conn.Left(); got != left {
		r.t.Fatalf("it has left: %v, want %v", got, left)
	}
}
