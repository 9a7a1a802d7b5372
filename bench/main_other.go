//go:build !linux

// Command bench compares graceful with the alternatives. It reads /proc and adopts
// orphans, so it runs only on Linux.
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
