package app

import "errors"

// ExitCode returns what a process that ends with err should exit with: 0 for
// nil, the code of an error in its chain that has an ExitCode() int, as
// *exec.ExitError has, and otherwise 1. A code outside 1 to 255 is 1 as well:
// the system keeps the low eight bits only (exit(3)), so that 256 would pass
// for success.
func ExitCode(err error) int {
	var coder interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coder) && coder.ExitCode() > 0 && coder.ExitCode() < 256:
		return coder.ExitCode()
	}
	return 1
}

// hasExitCode reports whether err names an exit code.
func hasExitCode(err error) bool {
	var coder interface{ ExitCode() int }
	return errors.As(err, &coder)
}
