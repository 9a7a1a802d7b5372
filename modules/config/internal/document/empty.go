package document

import (
	"bytes"
	"errors"
)

// ErrEmpty is the cause of the problem of an empty file: a broken save looks like
// that, so it cannot mean "defaults".
var ErrEmpty = errors.New("is empty")

const meanDefaults = "to use the defaults for everything, write a section without settings"

// Empty reports whether a file consists only of blanks.
func Empty(data []byte) bool { return len(bytes.TrimSpace(data)) == 0 }

func onlyComments(data []byte) bool {
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && string(line) != "---" {
			return false
		}
	}
	return true
}
