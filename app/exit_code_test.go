package app_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

func TestExitCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("plain"), 1},
		{fmt.Errorf("wrapped: %w", codedError(3)), 3},
		{errors.Join(errors.New("first"), codedError(255)), 255},
		{codedError(0), 1},
		{codedError(-1), 1}, // *exec.ExitError of a process that a signal ended
		{codedError(256), 1},
	} {
		if got := app.ExitCode(c.err); got != c.want {
			t.Errorf("ExitCode(%v) = %d, want %d", c.err, got, c.want)
		}
	}
}

// exit(3) keeps eight bits: fx.ExitCode(256) used to end as success.
func TestAnExitCodeThatTheSystemWouldTruncateIsAFailure(t *testing.T) {
	for code, want := range map[int]int{0: 0, 7: 7, 255: 255, 256: 1, -1: 1} {
		a := app.New("test")
		a.Stop(app.Reason{Kind: app.Requested, Code: code})
		<-a.Done()
		if got := a.Report().Code; got != want {
			t.Errorf("stop with code %d: exit code %d, want %d", code, got, want)
		}
	}
}
