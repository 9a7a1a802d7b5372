//go:build !linux

package watch

// mountedAlone reports false: the answer is unknown on this system, so there is no
// warning.
func mountedAlone(string) bool { return false }
