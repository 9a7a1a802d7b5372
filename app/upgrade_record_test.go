package app_test

import (
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

func TestUpgradeRecordInOneLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    app.UpgradeRecord
		want string
	}{
		{app.UpgradeRecord{From: 1, To: 2, By: "signal SIGUSR2", Took: 1234 * time.Millisecond, Connections: &app.Connections{Handed: 64}},
			"1 -> 2 by signal SIGUSR2, took 1.2 s, 64 connections handed, 0 taken back, 0 cut"},
		{app.UpgradeRecord{From: 1, To: 2, Connections: &app.Connections{Handed: 9, Kept: &app.Kept{
			Moved: 7, Pause: 1234567 * time.Nanosecond, Stayed: map[string]int{"too_large": 1, "busy": 2}}}},
			"1 -> 2, 9 connections handed, 0 taken back, 0 cut, 7 in the middle of a request (paused for 1ms at most); stayed: 2 busy, 1 too large"},
		{app.UpgradeRecord{From: 1, To: 2, Draining: true}, "1 -> 2, the old process still drains"},
		{app.UpgradeRecord{From: 1, To: 2}, "1 -> 2, the old process did not report what became of its connections"},
		{app.UpgradeRecord{From: 2, To: 3, By: "api", Connections: &app.Connections{TakenBack: 5}, Error: "exit status 1"},
			"2 -> 3 by api, 0 connections handed, 5 taken back, 0 cut: exit status 1"},
		{app.UpgradeRecord{From: 2, To: 3, By: "api", Connections: &app.Connections{}, Error: "no program"}, "2 -> 3 by api: no program"},
	} {
		if got := c.s.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
