package document

import (
	"bytes"
	"errors"
)

// ErrEmpty is the cause of the problem of a file that holds nothing: that is what a
// broken save looks like, so it cannot mean "defaults".
var ErrEmpty = errors.New("is empty")

const meanDefaults = "to use the defaults for everything, write a section without settings"

// Empty reports whether a file holds nothing but blanks.
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
