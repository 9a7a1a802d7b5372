package conns

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2frame"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/h2move"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/tlsmove"
)

// busySession always has something under way.
type busySession struct {
	tlsmove.Session
	partial bool
}

func (busySession) Export() (*tlsmove.State, error) { return nil, tlsmove.ErrBusy }
func (s busySession) Partial() bool                 { return s.partial }

// The client of a connection that can never be exported gets a goodbye, also if it
// sends one request after another, so that nothing of it holds an upgrade.
func TestConnectionThatIsAlwaysBusyStaysInTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		partial, quiet bool
		exports        int // before it stays; 0: it never does
	}{
		"never quiet":                          {false, false, mostBusy + 1},
		"never quiet, in part of records":      {true, false, mostBusy + 1},
		"quiet":                                {false, true, 1},
		"quiet, the rest of a record may come": {true, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			set := New(Config{})
			tracked := &Tracked{set: set, serving: &serving{session: busySession{partial: c.partial}}}
			exports := 0
			for exports < 100 && !tracked.stays.Load() {
				if tracked.export(c.quiet) {
					t.Fatal("exported, though something is under way")
				}
				exports++
			}
			if c.exports == 0 {
				c.exports = 100
			}
			if exports != c.exports {
				t.Errorf("it stays after %d exports, want %d", exports, c.exports)
			}
		})
	}
}

// One of HTTP/2 goes on trying, since others move in that time, but only for a
// while. Then its client is asked to leave, and the reason is the true one.
func TestHTTP2ThatIsAlwaysBusyIsAskedToLeave(t *testing.T) {
	for reason, exports := range map[string]int{"settings": mostBusy, "uncertain": mostBusy + 1} {
		synctest.Test(t, func(t *testing.T) {
			set := New(Config{})
			server, client := h2pair(t, set)
			m := &move{http2: true}
			set.move.Store(m)
			io.WriteString(client, h2frame.Preface+settings)
			go io.WriteString(server, settings)
			if err := h2frame.ReadUntil(client, h2frame.Settings); err != nil {
				t.Fatal(err)
			}
			tracked := server.tracked
			tracked.mover = &mover{Conn: h2move.New(nil, nil), session: busySession{}}
			for range exports {
				if got := tracked.leaveHTTP2(m, &h2move.State{}, false); got != h2move.NotNow {
					t.Fatalf("got decision %d of a busy connection, want %d", got, h2move.NotNow)
				}
			}
			began := time.Now()
			set.Leave()
			if err := h2frame.ReadUntil(client, h2frame.GoAway); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(began); got != moveTimeHTTP2 {
				t.Errorf("the client is asked to leave after %v, want %v", got, moveTimeHTTP2)
			}
			if got := set.Stayed(); got[reason] != 1 || len(got) != 1 {
				t.Errorf("after %d tries it is counted as %v, want %q", exports, got, reason)
			}
		})
	}
}
