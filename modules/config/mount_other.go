//go:build !linux

package config

// mountedAlone is unknown on this system, which only costs a warning.
func mountedAlone(string) bool { return false }
