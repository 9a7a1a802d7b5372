package watch

import (
	"os"
	"path/filepath"
	"strings"
)

// mountedAlone reports whether the file itself is a mount point. Such a mount keeps
// the inode: a file that replaces the original outside is never seen inside.
func mountedAlone(path string) bool {
	abs, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	return err == nil && isMountPoint(string(mounts), abs)
}

// isMountPoint looks for path in the fifth field of mountinfo, see proc(5).
func isMountPoint(mounts, path string) bool {
	path = strings.NewReplacer(`\`, `\134`, " ", `\040`, "\t", `\011`, "\n", `\012`).Replace(path)
	for line := range strings.Lines(mounts) {
		if f := strings.Fields(line); len(f) > 4 && f[4] == path {
			return true
		}
	}
	return false
}
