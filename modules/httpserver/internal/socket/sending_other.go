//go:build !linux

package socket

// sending returns false: only http.write_timeout finds a client here that does not
// take its response.
func sending(any) (pending bool, acked uint64) { return false, 0 }
