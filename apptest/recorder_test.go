package apptest_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorder is a testing.TB that records the failures and the log of a test.
type recorder struct {
	testing.TB // nil: only the methods below may be called

	mu       sync.Mutex // guards everything below
	log      []string
	failures []string
	cleanups []func()
	parallel bool
}

func (r *recorder) Helper()      {}
func (r *recorder) Name() string { return "recorded" }

func (r *recorder) Log(args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, fmt.Sprint(args...))
}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) Cleanup(fn func()) { r.cleanups = append(r.cleanups, fn) }

func (r *recorder) Setenv(string, string) {
	if r.parallel {
		panic("in a parallel test")
	}
}

func (r *recorder) TempDir() string {
	dir, err := os.MkdirTemp("", "apptest")
	if err != nil {
		panic(err)
	}
	r.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// end runs the end of the test.
func (r *recorder) end() {
	for _, fn := range slices.Backward(r.cleanups) {
		fn()
	}
	r.cleanups = nil
}

// record runs a test to its end and returns its failures.
func record(test func(t *recorder)) (failures string) {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.end()
		test(r)
	}()
	<-done
	return strings.Join(r.failures, "\n")
}
