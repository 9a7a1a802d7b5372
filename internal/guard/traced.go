package guard

import "errors"

type traced struct {
	error
	stack string
}

func (t *traced) Unwrap() error { return t.error }

// Traced returns err with the stack of its origin. The text of the error does not
// show the stack: it is for logs, see [Stack].
func Traced(err error, stack string) error { return &traced{err, stack} }

// Stack returns the stack that err carries, or "".
func Stack(err error) string {
	var t *traced
	if errors.As(err, &t) {
		return t.stack
	}
	return ""
}
