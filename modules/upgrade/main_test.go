package upgrade

import (
	"flag"
	"runtime"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	runAsProgram()
	// Parallel tests wait most of their time: for pauses, and processes that hang.
	_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	goleak.VerifyTestMain(m)
}
