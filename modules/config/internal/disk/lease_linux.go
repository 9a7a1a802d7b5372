package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// writersOf reports whether any process has the file open for writing: the kernel
// then refuses a read lease, and only then (fcntl(2), "Leases"). A lease needs a
// file of the same user (or CAP_LEASE) on a local file system; otherwise the answer
// is unknown, except on NFS, where it is some too often. The lease is released at
// once; a writer that comes in between waits for microseconds.
func writersOf(f *os.File) writers {
	_, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	switch {
	case err == nil:
		_, _ = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_UNLCK) // closing the file would release it, too
		return none
	case errors.Is(err, unix.EAGAIN):
		return some
	}
	return unknown
}
