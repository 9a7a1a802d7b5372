//go:build unix

package signals

import (
	"os"
	"os/signal"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if program := os.Getenv("SIGNALS_TEST_PROGRAM"); program != "" {
		programs[program]()
		return
	}
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP) // or under nohup a child would ignore it
	goleak.VerifyTestMain(m)
}
