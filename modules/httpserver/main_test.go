package httpserver

import (
	"flag"
	"runtime"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// Those that are parallel wait most of their time: for budgets, timeouts and
	// slow clients.
	_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	goleak.VerifyTestMain(m)
}
