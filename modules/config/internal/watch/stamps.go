package watch

import (
	"io/fs"
	"os"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// sameStamps reports whether the states of two looks are the same: of the same
// paths, the same files with the same size and time.
func sameStamps(a, b map[string]fs.FileInfo) bool {
	if len(a) != len(b) {
		return false
	}
	for path, x := range a {
		y, ok := b[path]
		if !ok || (x == nil) != (y == nil) || x != nil && !(os.SameFile(x, y) && disk.SameStat(x, y)) {
			return false
		}
	}
	return true
}
