package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openForWriting reports whether any process has the file open for writing: the
// kernel then refuses a read lease, and only then. A lease needs a file of our
// own user (or CAP_LEASE) on a local file system; otherwise we do not know, and
// say no, except on NFS, which says yes too often. It is given back at once; a
// writer that comes in between waits for microseconds.
func openForWriting(f *os.File) bool {
	_, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		_, _ = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_UNLCK) // closing the file would do it, too
	}
	return errors.Is(err, unix.EAGAIN)
}
