package httpserver

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

const post = "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc"

func echo(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }

// beforeACut is what a client has sent on a connection before the request that is
// cut.
var beforeACut = []struct {
	name string
	text string // sent in one write with the first part of the request
	own  bool   // in a separate write, with its response awaited
}{
	{"on a new connection", "", false},
	{"on an idle connection", post, true},
	{"pipelined", post, false},
}

// A request of which one byte has arrived is answered, wherever a stop cuts it and
// however little time idle connections get. If net/http changes how it waits for a
// request (see bufferSize and phase), this fails.
func TestStopAnswersARequestCutAtAnyByte(t *testing.T) {
	for _, b := range beforeACut {
		for cut := 1; cut < len(post); cut++ {
			t.Run(fmt.Sprintf("%s at %d", b.name, cut), func(t *testing.T) {
				t.Parallel()
				r := serveOn(t, http.HandlerFunc(echo), linger(0))
				c := r.dial()
				if b.own {
					c.send(b.text)
					c.receive()
					r.awaitPhase(conns.Parked, 1)
					c.send(post[:cut])
				} else {
					c.send(b.text + post[:cut])
					if b.text != "" {
						c.receive()
					}
				}
				r.awaitPhase(conns.Busy, 1)
				r.term()
				r.awaitUnbind()
				c.send(post[cut:])
				if res, body := c.receive(); res.StatusCode != http.StatusOK || body != "abc" || !res.Close {
					t.Errorf("got %d %q close %v, want the echo and a goodbye", res.StatusCode, body, res.Close)
				}
				c.wantClosed()
				if got := r.wait().Counts(); got["cut"] != 0 || got["idle_closed"] != 0 {
					t.Errorf("got counts %v, want nothing cut or closed", got)
				}
			})
		}
	}
}

// A request in net/http's buffer after a response that said goodbye must not be
// executed.
func TestPipelinedRequestBehindAGoodbyeIsNotExecuted(t *testing.T) {
	executed := make(chan string, 2)
	d := newDoor()
	r := serveOn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		executed <- r.URL.Path
		d.ServeHTTP(w, r)
	}))
	c := r.dial()
	c.send("GET /1 HTTP/1.1\r\nHost: test\r\n\r\nGET /2 HTTP/1.1\r\nHost: test\r\n\r\n")
	<-d.entered
	r.term()
	r.awaitUnbind()
	close(d.leave)
	if res, _ := c.receive(); !res.Close {
		t.Error("got no goodbye")
	}
	r.wait()
	close(executed)
	var got []string
	for path := range executed {
		got = append(got, path)
	}
	if len(got) != 1 || got[0] != "/1" {
		t.Errorf("got %v executed, want /1 alone", got)
	}
}

// The last look: bytes that came while the connection was being woken are a
// request, not a reason to close.
func TestRequestThatArrivesWhileAConnectionIsWokenIsAnswered(t *testing.T) {
	for i := range 50 {
		r := serveOn(t, http.HandlerFunc(echo), linger(0))
		c := r.dial()
		c.send(post)
		c.receive()
		r.awaitPhase(conns.Parked, 1)
		sent := make(chan struct{})
		go func() { defer close(sent); io.WriteString(c.Conn, post) }()
		if i%2 == 0 {
			<-sent
		}
		r.term()
		if _, err := http.ReadResponse(c.br, nil); i%2 == 0 && err != nil {
			t.Fatalf("round %d: a request that was sent before the stop got %v", i, err)
		}
		<-sent
		r.wait()
	}
}
