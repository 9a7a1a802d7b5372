package grpcserver_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the test binary be a whole program as well.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_PROGRAM") != "" {
		program()
		return
	}
	goleak.VerifyTestMain(m)
}
