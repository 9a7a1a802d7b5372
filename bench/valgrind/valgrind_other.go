//go:build !amd64

package valgrind

func do(uint64) {}
