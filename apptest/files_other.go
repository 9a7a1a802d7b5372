//go:build !linux

package apptest

// openFiles returns nil: only Linux lists the files of a process reliably.
func openFiles() map[string]string { return nil }
