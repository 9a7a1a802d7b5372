//go:build unix

package leader_test

import (
	"os"
	"syscall"
	"testing"
)

// duplicate returns what a successor inherits.
func duplicate(t *testing.T, f *os.File) *os.File {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	fd := -1
	if err := raw.Control(func(old uintptr) { fd, err = syscall.Dup(int(old)) }); err != nil || fd < 0 {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "inherited")
}
