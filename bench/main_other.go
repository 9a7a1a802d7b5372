//go:build !linux

// Command bench compares graceful with what a user would otherwise take. It
// reads /proc and adopts orphans, so it runs on Linux only.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench:", fmt.Errorf("only on Linux: %w", errors.ErrUnsupported))
	os.Exit(1)
}
