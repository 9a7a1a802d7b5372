//go:build unix

package output

import "golang.org/x/sys/unix"

// broken asks poll(2), which reports POLLERR for a pipe without a reader and
// POLLHUP for a socket or terminal whose other end is closed.
func broken() (names []string) {
	for _, stream := range []struct {
		fd   int32
		name string
	}{{1, "standard output"}, {2, "standard error"}} {
		fds := []unix.PollFd{{Fd: stream.fd}}
		if n, err := unix.Poll(fds, 0); err == nil && n == 1 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
			names = append(names, stream.name)
		}
	}
	return names
}
