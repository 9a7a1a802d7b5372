//go:build !linux

// Command try is there on Linux only.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "try: it watches processes as only Linux lets it; run it there, or in a container")
	os.Exit(1)
}
