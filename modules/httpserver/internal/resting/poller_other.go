//go:build !linux

package resting

import (
	"errors"
	"fmt"
)

// poller does not exist here, so nothing rests. kqueue could do the same.
type poller struct{}

func newPoller() (*poller, error) {
	return nil, fmt.Errorf("connections rest on Linux only: %w", errors.ErrUnsupported)
}

func (*poller) add(int, uint32, bool) error { return errors.ErrUnsupported }
func (*poller) forget(int)                  {}
func (*poller) run(func([]event))           {}
func (*poller) close()                      {}
