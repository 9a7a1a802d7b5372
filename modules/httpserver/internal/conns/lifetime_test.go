package conns

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
)

// served returns an HTTP/1 connection to a real server in the bubble of t.
func served(t *testing.T, set *Set) net.Conn {
	client, below := net.Pipe()
	hs := &http.Server{ConnState: set.Note, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })}
	set.Queue.Serve(below.LocalAddr(), hs.Serve)
	set.Queue.Put(set.Add(below, Options{}))
	t.Cleanup(func() { client.Close(); set.Queue.Stop() })
	return client
}

// ask reports whether the response says goodbye.
func ask(t *testing.T, client net.Conn) bool {
	io.WriteString(client, "GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(client), nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(res.Body); string(body) != "hello" || err != nil {
		t.Fatalf("got %q, %v", body, err)
	}
	synctest.Wait()
	return res.Close
}

// Each connection says goodbye with the first response after its age, give or take
// a tenth, and not all at the same time. An idle connection is not closed.
func TestConnectionsLeaveWithAResponseAfterTheirAge(t *testing.T) {
	const age, many = time.Minute, 20
	synctest.Test(t, func(t *testing.T) {
		set := New(Config{})
		set.SetLifetime(age, 0)
		left := map[time.Duration]bool{}
		began, clients := time.Now(), make([]net.Conn, many)
		for i := range clients {
			clients[i] = served(t, set)
		}
		open := append([]net.Conn(nil), clients...)
		for len(open) > 0 && time.Since(began) < 2*age {
			time.Sleep(time.Second) // of the bubble
			rest := open[:0]
			for _, c := range open {
				if !ask(t, c) {
					rest = append(rest, c)
					continue
				}
				left[time.Since(began)] = true
			}
			open = rest
		}
		if len(open) > 0 || len(left) < 3 {
			t.Errorf("%d stay, the others left at %v", len(open), left)
		}
		for at := range left {
			if at < age*9/10 || at > age*11/10+time.Second {
				t.Errorf("one left after %v", at)
			}
		}
		idle := served(t, set)
		time.Sleep(100 * age)
		synctest.Wait()
		if set.Len() != 1 {
			t.Errorf("got %d connections, want the idle one", set.Len())
		}
		if !ask(t, idle) {
			t.Error("the first request after the age got no goodbye")
		}
	})
}

// The limits change for open connections too.
func TestLifetimeChangesLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := New(Config{})
		set.SetLifetime(0, 3)
		c := served(t, set)
		for i := range 2 {
			if ask(t, c) {
				t.Errorf("got a goodbye with request %d", i+1)
			}
		}
		set.SetLifetime(0, 0)
		for range 5 {
			if ask(t, c) {
				t.Error("got a goodbye without a limit")
			}
		}
		set.SetLifetime(0, 8)
		if !ask(t, c) {
			t.Error("got no goodbye with the last request")
		}
		set.SetLifetime(time.Second, 0)
		c = served(t, set)
		time.Sleep(2 * time.Second) // of the bubble
		set.SetLifetime(0, 0)
		if ask(t, c) {
			t.Error("got a goodbye without a limit")
		}
	})
}

// An HTTP/2 client is asked to leave with its last stream, and may take its time:
// nothing is closed before it has answered.
func TestStreamAfterTheAgeAsksTheClientToLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := New(Config{})
		set.SetLifetime(time.Minute, 0)
		server, client := h2pair(t, set)
		io.WriteString(client, h2frame.Preface+settings)
		go io.WriteString(server, settings)
		if err := h2frame.ReadUntil(client, h2frame.Settings); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // of the bubble
		io.WriteString(client, stream5)
		if err := h2frame.ReadUntil(client, h2frame.Ping); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		io.WriteString(client, pong+settings)
		if err := h2frame.ReadUntil(client, h2frame.GoAway); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("got %v, want the end", err)
		}
	})
}
