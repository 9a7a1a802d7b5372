//go:build !linux

package watch

// mountedAlone is unknown on this system, which only costs a warning.
func mountedAlone(string) bool { return false }
