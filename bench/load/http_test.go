package load

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/bench/handler"
)

func TestHTTPClientNamesLossesAlike(t *testing.T) {
	tests := []struct {
		name   string
		server misbehave
		want   Failure
	}{
		{"closed without an answer", eofAtOnce, Failure{Before, EOF, true}},
		{"second request: closed", eofOnSecond, Failure{Before, EOF, false}},
		{"second request: reset", rstOnSecond, Failure{Before, RST, false}},
		{"half a body", halfBody, Failure{Partial, EOF, true}},
		{"the answer to another request", wrongBody, Failure{Answer, Mixed, true}},
		{"503", unavailable, Failure{Answer, Status, true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := RunHTTP(context.Background(), Plan{Addr: against(t, tt.server), Requests: 2}, false)
			if r.Failures[tt.want] == 0 {
				t.Errorf("got %v, want %v", r.Failures, tt.want)
			}
		})
	}
}

func TestHTTPClientNeverSendsABodyTwice(t *testing.T) {
	var arrived atomic.Int64
	addr := against(t, func(c *net.TCPConn, br *bufio.Reader) {
		for i := 0; take(br) != ""; i++ {
			if arrived.Add(1); i == 1 {
				return
			}
			answer(c, "x")
		}
	})
	const requests = 20
	RunHTTP(context.Background(), Plan{Addr: addr, Requests: requests}, false)
	if got := arrived.Load(); got > requests {
		t.Errorf("%d requests arrived, %d were sent", got, requests)
	}
}

func TestHTTPClientKnowsRefusedDials(t *testing.T) {
	r := RunHTTP(context.Background(), Plan{Addr: closedAddr(t), Requests: 1}, false)
	if r.Refused != 1 || r.Lost() != 0 {
		t.Errorf("got %d refused, lost %v, want 1 and nothing", r.Refused, r.Failures)
	}
}

// served starts a server that behaves, with TLS and HTTP/2.
func served(t *testing.T) (addr string, config *tls.Config) {
	s := httptest.NewUnstartedServer(handler.New(""))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true}
}

func TestAllClientsAgainstAServerThatBehaves(t *testing.T) {
	addr, config := served(t)
	one := config.Clone()
	one.NextProtos = []string{"http/1.1"}
	plan := func(c *tls.Config) Plan { return Plan{Addr: addr, TLS: c, Conns: 16, Requests: 5, Slow: 0.5} }
	for name, run := range map[string]func() *Result{
		"socket": func() *Result { return Run(context.Background(), plan(one)) },
		"http":   func() *Result { return RunHTTP(context.Background(), plan(one), false) },
		"http2":  func() *Result { return RunHTTP(context.Background(), plan(config), true) },
	} {
		t.Run(name, func(t *testing.T) {
			r := run()
			if got, want := len(r.Samples), 16*5; got != want || r.Lost() != 0 {
				t.Errorf("got %d answers, want %d; lost %v", got, want, r.Failures)
			}
			if len(r.First) != 1 {
				t.Errorf("got %d processes, want 1", len(r.First))
			}
			if r.Dials == 0 || r.Dials > 16*5 || name == "http2" && r.Dials != 2 {
				t.Errorf("got %d dials", r.Dials)
			}
		})
	}
}

// close_notify and FIN, as a server sends them that closes an idle connection.
func TestTLSGoodbyeIsNoFailure(t *testing.T) {
	https := httptest.NewUnstartedServer(nil)
	https.StartTLS()
	config := &tls.Config{Certificates: https.TLS.Certificates}
	https.Close()
	s := one(against(t, func(c *net.TCPConn, _ *bufio.Reader) {
		conn := tls.Server(c, config)
		answer(conn, take(bufio.NewReader(conn)))
		conn.Close()
	}))
	defer s.leave()
	s.plan.TLS = &tls.Config{InsecureSkipVerify: true}

	s.ask(newRequest(s.plan, 0, 0))
	for began := time.Now(); peek(s.raw) == notYet; {
		if time.Since(began) > 10*time.Second {
			t.Fatal("the server did not close")
		}
	}
	s.ask(newRequest(s.plan, 0, 1))
	if got := s.tally; len(got.failures) != 0 || got.idle != 1 || len(got.samples) != 2 {
		t.Errorf("got failures %v, %d idle closes, %d answers, want none, 1, 2", got.failures, got.idle, len(got.samples))
	}
}
