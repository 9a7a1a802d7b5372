package systemd

import (
	"slices"
	"testing"
)

func TestCleanTakesOutWhatIsMeantForThisProcessAlone(t *testing.T) {
	env := []string{
		"PATH=/bin", "NOTIFY_SOCKET=/run/notify", "WATCHDOG_USEC=1", "WATCHDOG_PID=1", "LISTEN_PID=1", "LISTEN_FDS=1",
		"LISTEN_FDNAMES=http", "LISTEN_PIDFDID=7", "FDSTORE=16", "NOTIFY_SOCKET_OF_OURS=1", "LISTEN_FDS_MAX=3", "", "TODO_HTTP_ADDR=:80",
	}
	before := slices.Clone(env)
	got := Clean(env)
	want := []string{"PATH=/bin", "NOTIFY_SOCKET_OF_OURS=1", "LISTEN_FDS_MAX=3", "", "TODO_HTTP_ADDR=:80"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !slices.Equal(env, before) {
		t.Errorf("changed its argument: %q", env)
	}
}
