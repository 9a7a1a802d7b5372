package conns

import (
	"testing"

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
