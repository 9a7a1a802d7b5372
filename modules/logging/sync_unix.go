//go:build unix

package logging

import (
	"errors"
	"syscall"
)

// isBrokenPipe reports whether err means that the sink has no reader.
func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// cannotSync reports whether err only says that there is nothing to flush: a
// pipe, a terminal, a descriptor that was closed.
func cannotSync(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTTY) ||
		errors.Is(err, syscall.EBADF) || errors.Is(err, syscall.ENOTSUP)
}
