package wire

import (
	"net"
	"os"
	"runtime"
	"sync"

	"github.com/gracefulfx/graceful/internal/descriptor"
)

// worthAGoroutine is how many connections one goroutine opens at least.
const worthAGoroutine = 64

// OpenTogether opens connections of a large batch on several processors: each takes
// a dozen system calls, and what moves is served by no process meanwhile. It opens
// those for which may reports true, and sets their descriptors, which it closes, to
// -1. In the result a nil stands for each that was not opened, or could not be. A
// small batch it leaves alone, and returns nil.
func OpenTogether(fds []int, may func(i int) bool) []net.Conn {
	parts := min(runtime.GOMAXPROCS(0), len(fds)/worthAGoroutine)
	if parts < 2 {
		return nil
	}
	conns := make([]net.Conn, len(fds))
	var all sync.WaitGroup
	for part := range parts {
		all.Go(func() {
			for i := part * len(fds) / parts; i < (part+1)*len(fds)/parts; i++ {
				if may(i) {
					conns[i], fds[i] = openOne(fds[i]), -1
				}
			}
		})
	}
	all.Wait()
	return conns
}

func openOne(fd int) net.Conn {
	f := os.NewFile(uintptr(fd), "connection")
	defer f.Close()
	c, err := descriptor.OpenConn(f)
	if err != nil {
		return nil
	}
	return c
}
