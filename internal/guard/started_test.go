package guard

import (
	"slices"
	"testing"
)

func start(fn func()) { go fn() }

func TestStartedByNamesWhatStillRuns(t *testing.T) {
	const by = "github.com/gracefulfx/graceful/internal/guard.start"
	release, running, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	start(func() { close(running); <-release; close(ended) })
	<-running
	want := []string{"github.com/gracefulfx/graceful/internal/guard.TestStartedByNamesWhatStillRuns.func1"}
	if got := StartedBy(by, GoroutineID()); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := StartedBy(by, 1<<60); len(got) > 0 {
		t.Errorf("got %q of another goroutine", got)
	}
	close(release)
	<-ended
}
