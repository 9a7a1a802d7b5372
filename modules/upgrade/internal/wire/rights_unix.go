//go:build unix

package wire

import (
	"fmt"
	"syscall"
)

func rightsSpace(n int) int { return syscall.CmsgSpace(4 * n) }

func encodeRights(fds []int) []byte {
	if len(fds) == 0 {
		return nil
	}
	return syscall.UnixRights(fds...)
}

// decodeRights returns the descriptors in oob, which are already close-on-exec,
// with an error if there is anything else in it.
func decodeRights(oob []byte) (fds []int, err error) {
	messages, err := syscall.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, fmt.Errorf("control message: %w", err)
	}
	for i := range messages {
		some, bad := syscall.ParseUnixRights(&messages[i])
		fds = append(fds, some...)
		if bad != nil {
			err = fmt.Errorf("control message: %w", bad)
		}
	}
	return fds, err
}
