package signals

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

func TestWindowsHasFewerRows(t *testing.T) {
	if got, want := Defaults().String(), "SIGINT → stop · SIGTERM → stop"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWindowsRefusesWhatNeverArrives(t *testing.T) {
	if _, err := Defaults().With(Row{Signal: syscall.SIGHUP, Action: Reload}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("SIGHUP: got %v, want errors.ErrUnsupported", err)
	}
	if _, err := Parse("SIGUSR2"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("SIGUSR2: got %v, want errors.ErrUnsupported", err)
	}
	if _, err := Defaults().With(Row{Signal: os.Kill, Action: Stop}); err == nil {
		t.Error("os.Kill: got no error")
	}
}

func TestWindowsRefusesRowsOfAFileThatNeverArrive(t *testing.T) {
	for _, name := range []string{"SIGHUP", "SIGUSR1"} {
		if err := (Config{name: "reload"}).Validate(); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: got %v, want errors.ErrUnsupported", name, err)
		}
	}
	if err := (Config{"SIGTERM": "none"}).Validate(); err == nil {
		t.Error("SIGTERM: got no error")
	}
}
