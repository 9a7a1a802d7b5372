package proc

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// FreeAddr returns an address to listen on. Its port lies below the range from
// which connections get theirs: a server that is stopped and started must find
// it free.
func FreeAddr() (string, error) {
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000))
		l, err := net.Listen("tcp", addr)
		if err == nil {
			l.Close()
			return addr, nil
		}
	}
	return "", errors.New("no free port between 20000 and 32000")
}
