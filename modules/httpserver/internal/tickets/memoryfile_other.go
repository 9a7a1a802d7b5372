//go:build !linux

package tickets

import "os"

// memoryFile returns nil: only Linux has files in memory.
func memoryFile(string) *os.File { return nil }
