package admin

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

const (
	knowsUnix = false // the user at the other end is not known
	maxPath   = 107
)

// privateHome returns a directory below the user's profile, which others cannot
// enter.
func privateDir(name string) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, name)
}

func checkOwner(string, fs.FileInfo) error { return nil }

func checkLink(string, fs.FileInfo) error { return nil }

func addrInUse(err error) bool { return errors.Is(err, windows.WSAEADDRINUSE) }
func refused(err error) bool   { return errors.Is(err, syscall.Errno(windows.WSAECONNREFUSED)) }
func queueFull(error) bool     { return false } // it blocks

func ownerOf(fs.FileInfo) (uid int, ok bool) { return 0, false }

func isStopped(int) bool { return false }
