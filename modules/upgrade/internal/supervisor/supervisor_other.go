//go:build !linux

package supervisor

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

func start(Config, *os.File) (int, error) {
	return 0, fmt.Errorf("on %s a process cannot become the parent of its child's successors: %w", runtime.GOOS, errors.ErrUnsupported)
}

func reap(chan<- exit, *os.File) {}

func send(int, os.Signal) {}

func exists(int) bool { return false }
