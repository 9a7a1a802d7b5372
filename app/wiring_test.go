package app_test

import (
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestOldestRequestsOfAllServers(t *testing.T) {
	t.Parallel()
	a := app.New("test")
	if got := a.Wiring().InFlight(5); len(got) != 0 {
		t.Errorf("without servers: got %v", got)
	}
	asked := 0
	a.Wiring().AddInFlight(func(most int) []app.InFlight {
		asked = most
		return []app.InFlight{{Path: "/b", For: 2 * time.Second}, {Path: "/c", For: time.Second}}
	})
	a.Wiring().AddInFlight(func(int) []app.InFlight { panic("a bug of this one") })
	a.Wiring().AddInFlight(func(int) []app.InFlight { return []app.InFlight{{Path: "/a", For: time.Minute}} })
	got := a.Wiring().InFlight(2)
	if len(got) != 2 || got[0].Path != "/a" || got[1].Path != "/b" || asked != 2 {
		t.Errorf("got %v, asked for %d, want the two oldest", got, asked)
	}
}
