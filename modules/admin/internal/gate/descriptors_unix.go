//go:build unix

package gate

import (
	"errors"
	"syscall"
)

// outOfDescriptors reports whether the process or the system has no descriptor
// left.
func outOfDescriptors(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
