//go:build !linux

package graceful

import (
	"strings"
	"testing"
)

// Where a process cannot become the parent of its child's successors, nothing is
// started, and the message says what to do.
func TestSupervisorIsRefusedOnOtherSystems(t *testing.T) {
	t.Setenv("SHOP_UPGRADE_SUPERVISE", "true")
	var stderr strings.Builder
	code, supervised := supervise("shop", &stderr)
	if code != 1 || !supervised {
		t.Errorf("got %d, %v, want that main exits with 1", code, supervised)
	}
	for _, want := range []string{"shop: SHOP_UPGRADE_SUPERVISE asks for a supervisor: ", "unset SHOP_UPGRADE_SUPERVISE"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("got %q, want %q", stderr.String(), want)
		}
	}
}
