package conns

import (
	"testing"
	"time"
)

// Where the kernel refuses to watch a socket, its connection goes back to net/http
// and stays there: if it were to rest again at once, its requests would never be
// read.
func TestConnectionThatCannotBeWatchedDoesNotRestAgain(t *testing.T) {
	for kind, known := range map[string]bool{"as a descriptor": false, "as a connection": true} {
		t.Run(kind, func(t *testing.T) {
			set := New(Config{Known: known, Resting: func() {}, IdleTimeout: func() time.Duration { return 0 }})
			if err := set.StartRest(); err != nil {
				t.Fatal(err)
			}
			set.rest.set.Load().Close() // it takes no more
			set.rest.atOnce.Store(true)
			_, server := tcpPair(t)
			set.Adopt(server, true)
			nc := fromQueue(t, set, server.LocalAddr())
			if Of(nc).rests(false) {
				t.Error("it is to rest again")
			}
		})
	}
}
