package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// WhyUnreadable turns the error of a read into words, with what to do.
func WhyUnreadable(err error) (reason, hint string) {
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist", ""
	case errors.Is(err, fs.ErrPermission):
		return "cannot be read: permission denied", fmt.Sprintf("the process runs as uid %d", os.Getuid())
	case errors.Is(err, ErrBlocks):
		return ErrBlocks.Error(), fmt.Sprintf("%v are waited for; a mount that is dead blocks for ever", readTimeout)
	case errors.As(err, &path):
		return "cannot be read: " + path.Err.Error(), ""
	}
	return err.Error(), ""
}
