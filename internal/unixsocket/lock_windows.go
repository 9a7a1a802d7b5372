package unixsocket

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/windows"
)

const errAddrInUse = windows.WSAEADDRINUSE

func addrInUse(err error) bool { return errors.Is(err, windows.WSAEADDRINUSE) }
func isRefused(err error) bool {
	return errors.Is(err, syscall.Errno(windows.WSAECONNREFUSED))
}

// tryLock never finds a lock: on Windows two processes do not share unix sockets.
func tryLock(string) (*os.File, error) { return nil, errors.ErrUnsupported }

func holderOf(string) string { return "another process" }

func processName(pid int) string { return "pid " + strconv.Itoa(pid) }
