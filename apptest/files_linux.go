package apptest

import (
	"os"
	"strings"
)

// openFiles returns the file of each descriptor of this process.
func openFiles() map[string]string {
	dir, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	files := map[string]string{}
	for _, e := range dir {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		// One descriptor is that of the directory itself, closed by now. The
		// runtime opens anonymous ones when it first needs them.
		if err == nil && !strings.HasPrefix(to, "anon_inode:") {
			files[e.Name()] = to
		}
	}
	return files
}
