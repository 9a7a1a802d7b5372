package httpserver

import "testing"

// needsHoldBack skips a test that demands that a stop loses nothing where a system
// cannot hold new connections back; Linux can.
func needsHoldBack(*testing.T) {}
