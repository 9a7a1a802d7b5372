package logging

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

// isBrokenPipe returns false: without SIGPIPE, package signals does not report the
// loss.
func isBrokenPipe(error) bool { return false }

// cannotSync reports whether err only says that there is nothing to flush: a
// console, a pipe, a handle that was closed.
func cannotSync(err error) bool {
	return errors.Is(err, windows.ERROR_INVALID_HANDLE) || errors.Is(err, windows.ERROR_ACCESS_DENIED) ||
		errors.Is(err, windows.ERROR_INVALID_FUNCTION) || errors.Is(err, syscall.EINVAL)
}
