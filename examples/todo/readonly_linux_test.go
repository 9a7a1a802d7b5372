package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestAReadOnlyDatabaseFailsTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "todo.db")
	if err := openStoreAt(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	obeyFileModes(t)
	s, err := NewStore(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Open(t.Context())
	if want := "cannot be written; check owner and mode"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
}

func TestAReadOnlyDirectoryFailsTheStart(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	obeyFileModes(t)
	s, err := NewStore(filepath.Join(dir, "todo.db"), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Open(t.Context())
	if want := "may this user write there?"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
}

// obeyFileModes takes away root's right to ignore file modes, for the thread of
// this test.
func obeyFileModes(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // never unlocked: the thread ends with the test's goroutine
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		t.Fatal(err)
	}
	data[0].Effective &^= 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_DAC_READ_SEARCH
	if err := unix.Capset(&head, &data[0]); err != nil {
		t.Fatal(err)
	}
}
