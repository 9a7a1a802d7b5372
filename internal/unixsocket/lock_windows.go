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

// tryLock finds no lock: unix sockets are not opened by two processes here.
func tryLock(string) (*os.File, error) { return nil, errors.ErrUnsupported }

func holderOf(string) string { return "another process" }

func processName(pid int) string { return "pid " + strconv.Itoa(pid) }
