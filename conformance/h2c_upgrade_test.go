package conformance

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c" //nolint:staticcheck // what net/http replaces, and applications have
)

// A connection that has come to HTTP/2 of golang.org/x/net by `Upgrade: h2c` is
// asked to leave, with Go 1.27, too, where nothing that x/net offers can do so.
func TestUpgradeToHTTP2OfXNetIsAskedToLeave(t *testing.T) {
	h2s := &http2.Server{}
	hs := &http.Server{Handler: h2c.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:staticcheck // as above
		_, _ = io.WriteString(w, "answer")
	}), h2s)}
	if err := http2.ConfigureServer(hs, h2s); err != nil {
		t.Fatal(err)
	}
	port, stop := ours(t, hs)
	nc, frames := upgradeToHTTP2(t, port)
	defer nc.Close()
	awaitFrame(t, frames, "the end of the answer", endsAnswer)

	stopped := make(chan int64, 1)
	go func() { stopped <- stop().Counts()["cut"] }()
	awaitRefused(t, port)
	awaitFrame(t, frames, "GOAWAY", func(f http2.Frame) bool {
		_, ok := f.(*http2.GoAwayFrame)
		return ok
	})
	begun := time.Now()
	nc.Close()
	if cut := <-stopped; cut != 0 {
		t.Errorf("%d connections cut, want none", cut)
	}
	if d := time.Since(begun); d > *stopBudget/2 {
		t.Errorf("the stop took %v more when the client had gone", d)
	}
}

// The request that has come with the upgrade is stream 1. It is answered although
// the stop begins before, and the server then closes the connection.
func TestRequestThatUpgradesIsAnsweredWhileTheServerDrains(t *testing.T) {
	began, answer := make(chan struct{}), make(chan struct{})
	port, stop := ours(t, &http.Server{Handler: h2c.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { //nolint:staticcheck // as above
		close(began)
		<-answer
		_, _ = io.WriteString(w, "answer")
	}), &http2.Server{})})
	nc, frames := upgradeToHTTP2(t, port)
	defer nc.Close()
	<-began
	stopped := make(chan int64, 1)
	go func() { stopped <- stop().Counts()["cut"] }()
	awaitRefused(t, port)
	close(answer)
	answered, left := false, false // in either order: x/net may still hold the end of the answer
	awaitFrame(t, frames, "the end of the answer, and GOAWAY of stream 1", func(f http2.Frame) bool {
		g, goAway := f.(*http2.GoAwayFrame)
		answered, left = answered || endsAnswer(f), left || goAway && g.LastStreamID == 1
		return answered && left
	})
	if f, err := frames.ReadFrame(); err == nil {
		t.Errorf("got %v, want the end of the connection", f)
	}
	if cut := <-stopped; cut != 0 {
		t.Errorf("%d connections cut, want none", cut)
	}
}

// endsAnswer reports whether f is the end of an answer.
func endsAnswer(f http2.Frame) bool {
	d, ok := f.(*http2.DataFrame)
	return ok && d.StreamEnded()
}

// upgradeToHTTP2 connects as a client that asks for HTTP/2 in its first request.
func upgradeToHTTP2(t *testing.T, port int) (net.Conn, *http2.Framer) {
	t.Helper()
	nc, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	_ = nc.SetDeadline(time.Now().Add(2 * patience))
	_, err = io.WriteString(nc, "GET / HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	br := bufio.NewReader(nc)
	for line := "-"; strings.TrimSpace(line) != ""; { // http.ReadResponse would read on
		if line, err = br.ReadString('\n'); err != nil || line[0] == 'H' && !strings.HasPrefix(line, "HTTP/1.1 101 ") {
			t.Fatalf("got %q, %v, want 101", line, err)
		}
	}
	frames := http2.NewFramer(nc, br)
	if _, err := io.WriteString(nc, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := frames.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return nc, frames
}

// awaitFrame reads frames until one is wanted.
func awaitFrame(t *testing.T, frames *http2.Framer, what string, wanted func(http2.Frame) bool) {
	t.Helper()
	for {
		f, err := frames.ReadFrame()
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		if s, ok := f.(*http2.SettingsFrame); ok && !s.IsAck() {
			if err := frames.WriteSettingsAck(); err != nil {
				t.Fatal(err)
			}
		}
		if p, ok := f.(*http2.PingFrame); ok && !p.IsAck() {
			if err := frames.WritePing(true, p.Data); err != nil {
				t.Fatal(err)
			}
		}
		if wanted(f) {
			return
		}
	}
}
