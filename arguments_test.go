package graceful

import (
	"strings"
	"testing"
)

func TestRunHintsAtCommandsThatItDoesNotRead(t *testing.T) {
	for arg, want := range map[string]bool{"reload": true, "--version": true, "serve": false, "--port=1": false} {
		var said strings.Builder
		hintAtCommands(&said, arg)
		if got := strings.Contains(said.String(), "cli.Main"); got != want {
			t.Errorf("%s: got %q, want a hint %v", arg, said.String(), want)
		}
	}
}
