package build

import (
	"runtime"
	"testing"
)

func TestVersionOfTheProgramWins(t *testing.T) {
	if got := Read("1.2.3"); got.Version != "1.2.3" || got.Go != runtime.Version() {
		t.Errorf("got %+v", got)
	}
	if got := Read(""); got.Version == "1.2.3" {
		t.Errorf("without one: got %+v", got)
	}
}
