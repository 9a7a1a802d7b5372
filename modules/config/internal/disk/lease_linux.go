package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openForWriting reports whether any process has the file open for writing: the
// kernel then refuses a read lease, and only then. A lease needs a file of the same
// user (or CAP_LEASE) on a local file system; otherwise the answer is unknown and
// counts as no, except on NFS, which says yes too often. The lease is released at
// once; a writer that comes in between waits for microseconds.
func openForWriting(f *os.File) bool {
	_, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		_, _ = unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_UNLCK) // closing the file would release it, too
	}
	return errors.Is(err, unix.EAGAIN)
}
