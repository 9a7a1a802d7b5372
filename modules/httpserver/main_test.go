package httpserver

import (
	"flag"
	"runtime"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

// restAfter lets the whole suite run with connections that rest:
//
//	go test ./modules/httpserver -args -rest=1ns
var restAfter = flag.Duration("rest", 0, "http.rest_after of every server under test")

func TestMain(m *testing.M) {
	// Parallel tests wait most of their time: for budgets, timeouts and slow
	// clients.
	_ = flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	goleak.VerifyTestMain(m)
}
