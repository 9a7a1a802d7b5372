package load

import (
	"bufio"
	"context"
	"maps"
	"net"
	"testing"
	"time"
)

// two requests, one after the other, on one client.
func twoRequests(addr string) *Result {
	return Run(context.Background(), Plan{Addr: addr, Requests: 2, Patience: 5 * time.Second})
}

func TestEveryLossIsSeenAndNamed(t *testing.T) {
	tests := []struct {
		name     string
		server   misbehave
		answered int
		want     map[Failure]int
	}{
		{"closed without an answer", eofAtOnce, 0, map[Failure]int{{Before, EOF, true}: 2}},
		{"reset without an answer", rstAtOnce, 0, map[Failure]int{{Before, RST, true}: 2}},
		{"second request: closed", eofOnSecond, 1, map[Failure]int{{Before, EOF, false}: 1}},
		{"second request: reset", rstOnSecond, 1, map[Failure]int{{Before, RST, false}: 1}},
		{"half a header", halfHeader, 0, map[Failure]int{{Partial, EOF, true}: 2}},
		{"half a body", halfBody, 0, map[Failure]int{{Partial, EOF, true}: 2}},
		{"the answer to another request", wrongBody, 0, map[Failure]int{{Answer, Mixed, true}: 2}},
		{"503", unavailable, 0, map[Failure]int{{Answer, Status, true}: 2}},
		{"no HTTP", noHTTP, 0, map[Failure]int{{Partial, Malformed, true}: 2}},
		{"two answers to one request", twice, 2, map[Failure]int{{Answer, Malformed, false}: 1}},
		{"all is well", good, 2, map[Failure]int{}},
		{"closes and says so", polite, 2, map[Failure]int{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := twoRequests(against(t, tt.server))
			if !maps.Equal(r.Failures, tt.want) {
				t.Errorf("got failures %v, want %v", r.Failures, tt.want)
			}
			if got := len(r.Samples); got != tt.answered {
				t.Errorf("got %d answers, want %d", got, tt.answered)
			}
			if got, want := len(r.FailedAt), r.Lost(); got != want {
				t.Errorf("got %d times of loss, want %d", got, want)
			}
		})
	}
}

func TestRequestTimesOut(t *testing.T) {
	r := Run(context.Background(), Plan{Addr: against(t, silent), Requests: 1, Patience: 10 * time.Millisecond})
	if want := (map[Failure]int{{Before, Timeout, true}: 1}); !maps.Equal(r.Failures, want) {
		t.Errorf("got failures %v, want %v", r.Failures, want)
	}
}

func TestRefusedDialIsNoLostRequest(t *testing.T) {
	r := twoRequests(closedAddr(t))
	if r.Refused != 2 || r.Lost() != 0 || r.Dials != 0 {
		t.Errorf("got %d refused, %d lost, %d dials, want 2, 0, 0", r.Refused, r.Lost(), r.Dials)
	}
}

// closedAddr returns an address on which nothing listens.
func closedAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestVisibleFINIsNoFailure(t *testing.T) {
	addr := against(t, func(c *net.TCPConn, br *bufio.Reader) { answer(c, take(br)) })
	s := one(addr)
	defer s.leave()
	s.ask(newRequest(s.plan, 0, 0))
	awaitClosed(t, s)
	s.ask(newRequest(s.plan, 0, 1))
	if got := s.tally; len(got.samples) != 2 || got.idle != 1 || got.dials != 2 || len(got.failures) != 0 {
		t.Errorf("got %d answers, %d idle closes, %d dials, failures %v, want 2, 1, 2 and none",
			len(got.samples), got.idle, got.dials, got.failures)
	}
}

// The same without the look into the socket: this shows what the look is for, and
// is the only way to get EPIPE for certain.
func TestWriteAfterCloseIsEPIPE(t *testing.T) {
	s := one(against(t, func(c *net.TCPConn, br *bufio.Reader) { answer(c, take(br)) }))
	defer s.leave()
	s.ask(newRequest(s.plan, 0, 0))
	awaitClosed(t, s)
	if phase, kind := s.exchange(newRequest(s.plan, 0, 1)); phase != Before || kind != EOF {
		t.Errorf("first: got %v, %v, want %v, %v", phase, kind, Before, EOF)
	}
	if phase, kind := s.exchange(newRequest(s.plan, 0, 2)); phase != Write || kind != EPIPE {
		t.Errorf("second: got %v, %v, want %v, %v", phase, kind, Write, EPIPE)
	}
}

func one(addr string) *socket {
	p := Plan{Addr: addr}.withDefaults()
	return &socket{plan: &p, tally: &tally{began: time.Now(), failures: map[Failure]int{}}}
}

// awaitClosed waits until the close of the server has arrived.
func awaitClosed(t *testing.T, s *socket) {
	t.Helper()
	for began := time.Now(); peek(s.raw) != closed; {
		if time.Since(began) > 10*time.Second {
			t.Fatal("the server did not close")
		}
	}
}

func TestFreshConnectionForEachRequest(t *testing.T) {
	r := Run(context.Background(), Plan{Addr: against(t, good), Requests: 5, Fresh: true})
	if r.Dials != 5 || len(r.Samples) != 5 {
		t.Errorf("got %d dials and %d answers, want 5 and 5", r.Dials, len(r.Samples))
	}
}

func TestRunEndsWithTheContextAndKeepsWhatIsInFlight(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r := Run(ctx, Plan{Conns: 3, Addr: against(t, func(c *net.TCPConn, br *bufio.Reader) {
		body := take(br)
		cancel()
		answer(c, body)
		hangUp(br)
	})})
	if r.Lost() != 0 || len(r.Samples) == 0 {
		t.Errorf("got %d answers, lost %v", len(r.Samples), r.Failures)
	}
}
