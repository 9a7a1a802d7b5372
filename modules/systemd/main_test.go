package systemd

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// The test binary is also the programs that are activated; see activation_test.go.
func TestMain(m *testing.M) {
	if run := programs[os.Getenv("SYSTEMD_TEST_PROGRAM")]; run != nil {
		os.Exit(run())
	}
	goleak.VerifyTestMain(m)
}
