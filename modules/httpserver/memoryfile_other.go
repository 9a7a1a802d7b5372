//go:build !linux

package httpserver

import "os"

// memoryFile returns nil: upgrades are for Linux.
func memoryFile(string) *os.File { return nil }
