//go:build unix

package unixsocket

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

const errAddrInUse = syscall.EADDRINUSE

func addrInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// tryLock returns the locked file, or nil while another process has the lock. The
// holder removes the file before it releases the lock; a lock on a file that has
// been removed does not count.
func tryLock(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	ours, err := f.Stat()
	locked := false
	switch {
	case err != nil:
	case !ours.Mode().IsRegular() || ours.Size() > 0 || ownerOf(ours) != os.Geteuid():
		err = fmt.Errorf("%s is not a lock of this user", name)
	default:
		locked, err = flock(f)
	}
	if locked { // does not count once the last holder has removed the file
		now, gone := os.Lstat(name)
		locked = gone == nil && os.SameFile(now, ours)
	}
	if err != nil || !locked {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// flock reports whether f is locked now.
func flock(f *os.File) (bool, error) {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err {
		case nil:
			return true, nil
		case syscall.EINTR:
		case syscall.EWOULDBLOCK:
			return false, nil
		default:
			return false, err
		}
	}
}

func ownerOf(fi fs.FileInfo) int {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return -1
	}
	return int(st.Uid)
}

// holderOf names the process that has locked the file: Linux lists all locks by
// inode in /proc/locks, see proc_locks(5).
func holderOf(name string) string {
	const somebody = "another process"
	fi, err := os.Lstat(name)
	if err != nil {
		return somebody
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	locks, err := os.ReadFile("/proc/locks")
	if !ok || err != nil {
		return somebody
	}
	inode := ":" + strconv.FormatUint(st.Ino, 10)
	for line := range strings.Lines(string(locks)) {
		f := strings.Fields(line) // "1: FLOCK ADVISORY WRITE 4711 08:01:131090 0 EOF"
		if len(f) < 6 || f[1] != "FLOCK" || !strings.HasSuffix(f[5], inode) {
			continue
		}
		if pid, err := strconv.Atoi(f[4]); err == nil && pid > 0 {
			return processName(pid)
		}
	}
	return somebody
}

// processName returns "pid 4711, todo", where the system reports the name.
func processName(pid int) string {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if err != nil {
		return "pid " + strconv.Itoa(pid)
	}
	return fmt.Sprintf("pid %d, %s", pid, strings.TrimSpace(string(name)))
}
