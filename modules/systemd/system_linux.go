package systemd

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// supported is true where service managers speak this protocol.
const supported = true

// writeWith sends text and fd in one datagram, waiting until the write deadline
// of conn. (WriteMsgUnix refuses a datagram socket that is connected.)
func writeWith(conn *net.UnixConn, text string, fd int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var sent error
	err = raw.Write(func(to uintptr) (done bool) {
		sent = unix.Sendmsg(int(to), []byte(text), unix.UnixRights(fd), nil, unix.MSG_NOSIGNAL)
		return sent != unix.EAGAIN && sent != unix.EINTR
	})
	if err == nil && sent != nil {
		err = os.NewSyscallError("sendmsg", sent)
	}
	return err
}

// monotonic returns the time of the clock by which the manager orders reloads.
func monotonic() (time.Duration, bool) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0, false
	}
	return time.Duration(ts.Nano()), true
}

// pidfdInode returns the number that tells a process from all others since boot.
// Before Linux 6.9, which introduced pidfs, there is none: all pidfds share one
// inode.
func pidfdInode(pid int) (uint64, bool) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return 0, false
	}
	defer unix.Close(fd)
	var fs unix.Statfs_t
	var st unix.Stat_t
	if unix.Fstatfs(fd, &fs) != nil || fs.Type != unix.PID_FS_MAGIC || unix.Fstat(fd, &st) != nil {
		return 0, false
	}
	return st.Ino, true
}

// errnoOf returns the number of the system error that err wraps, or 0 if it wraps
// none.
func errnoOf(err error) int {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return int(errno)
	}
	return 0
}
