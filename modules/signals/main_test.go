//go:build unix

package signals

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if program := os.Getenv("SIGNALS_TEST_PROGRAM"); program != "" {
		programs[program]()
		return
	}
	goleak.VerifyTestMain(m)
}
