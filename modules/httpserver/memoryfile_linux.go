package httpserver

import (
	"os"

	"golang.org/x/sys/unix"
)

// memoryFile returns a file without a disk, nil if it cannot be had.
func memoryFile(name string) *os.File {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), name)
}
