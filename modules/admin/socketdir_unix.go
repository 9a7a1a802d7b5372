//go:build unix

package admin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/gracefulfx/graceful/internal/unixsocket"
)

const knowsUnix = true

// maxPath is the room for the path of a socket, without the zero at its end.
const maxPath = len(syscall.RawSockaddrUnix{}.Path) - 1

func privateDir(name string) string {
	return filepath.Join(os.TempDir(), name+"-"+strconv.Itoa(os.Geteuid()))
}

func checkOwner(dir string, fi fs.FileInfo) error {
	st, ok := fi.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return fmt.Errorf("owner of %s: %w", dir, errors.ErrUnsupported)
	case int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to user id %d, and this process runs as %d: name another directory", dir, st.Uid, os.Geteuid())
	case fi.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%s can be written by others (mode %04o): chmod 0700 it", dir, fi.Mode().Perm())
	case fi.Mode().Perm()&0o077 != 0 && !unixsocket.KnowsPeers:
		return fmt.Errorf("%s can be entered by others (mode %04o), and %s does not report which user connects: chmod 0700 it", dir, fi.Mode().Perm(), runtime.GOOS)
	}
	return nil
}

func checkLink(dir string, fi fs.FileInfo) error {
	if st, ok := fi.Sys().(*syscall.Stat_t); !ok || st.Uid != 0 && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s is a symbolic link of another user: name the directory it leads to", dir)
	}
	return nil
}

func addrInUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
func refused(err error) bool   { return errors.Is(err, syscall.ECONNREFUSED) }
func queueFull(err error) bool { return errors.Is(err, syscall.EAGAIN) }

func ownerOf(fi fs.FileInfo) (uid int, ok bool) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}

// isStopped reports whether a process is stopped, where /proc has its state: T, see
// proc_pid_stat(5).
func isStopped(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "T")
}
