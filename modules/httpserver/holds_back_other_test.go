//go:build unix && !linux

package httpserver

import "testing"

// needsHoldBack skips: nothing is held back on this system.
func needsHoldBack(t *testing.T) {
	t.Helper()
	t.Skip("new connections cannot be held back on this system")
}
