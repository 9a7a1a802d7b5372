package conns

import (
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"
)

// A request may come in the moment in which the server closes a connection at rest:
// its bytes are there, and no event has said so yet. Here none ever does, since
// nothing waits for events.
func TestRequestThatComesAsARestEndsIsServed(t *testing.T) {
	for name, end := range map[string]func(*Set, *Tracked){
		"idle timeout": (*Set).endIdle,
		"linger":       func(s *Set, _ *Tracked) { s.lingerAtRest(0) },
	} {
		for kind, known := range map[string]bool{"as a descriptor": false, "as a connection": true} {
			for _, speaks := range []bool{true, false} {
				t.Run(name+", "+kind+", "+map[bool]string{true: "a request", false: "nothing"}[speaks], func(t *testing.T) {
					set := New(Config{Known: known, Resting: func() {}, IdleTimeout: func() time.Duration { return time.Nanosecond }})
					if err := set.StartRest(); err != nil {
						t.Fatal(err)
					}
					defer set.rest.set.Load().Close()
					client, server := tcpPair(t)
					set.Adopt(server, true)
					all := set.resting(func(*Tracked) bool { return true })
					if len(all) != 1 {
						t.Fatalf("%d at rest, want 1", len(all))
					}
					if speaks {
						if _, err := io.WriteString(client, "GET"); err != nil {
							t.Fatal(err)
						}
						for !all[0].hasInputAtRest() {
							runtime.Gosched()
						}
					}
					end(set, all[0])
					if !speaks {
						if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
							t.Errorf("got %v, want the end of the connection", err)
						}
						return
					}
					nc := fromQueue(t, set, server.LocalAddr())
					got := make([]byte, 3)
					if _, err := io.ReadFull(nc, got); err != nil || string(got) != "GET" {
						t.Errorf("got %q, %v", got, err)
					}
				})
			}
		}
	}
}

// fromQueue returns the connection that net/http would get from the Queue.
func fromQueue(t *testing.T, set *Set, addr net.Addr) net.Conn {
	t.Helper()
	got := make(chan net.Conn, 1)
	set.Queue.Serve(addr, func(l net.Listener) error {
		nc, err := l.Accept()
		got <- nc
		return err
	})
	nc := <-got
	t.Cleanup(func() { nc.Close() })
	return nc
}

func tcpPair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	_ = client.SetDeadline(time.Now().Add(30 * time.Second))
	return client, server
}
