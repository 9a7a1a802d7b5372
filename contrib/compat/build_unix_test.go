//go:build unix

package compat

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

var building sync.Mutex

// binary is a program of the folders before and after, as in "after/worker". The
// first call for it builds it.
func binary(t *testing.T, program string) string {
	t.Helper()
	building.Lock() // a linker takes much memory
	defer building.Unlock()
	path := filepath.Join(bin, filepath.FromSlash(program))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "./"+program).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return path
}
