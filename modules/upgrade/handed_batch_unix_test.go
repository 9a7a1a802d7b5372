//go:build unix

package upgrade

import (
	"io"
	"os"
	"runtime"
	"testing"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// A large batch is opened on several processors. Its connections come in order, and
// one that cannot be opened the predecessor keeps.
func TestLargeBatchIsOpenedTogether(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(2, runtime.NumCPU())))
	for name, closed := range map[string]bool{"open": false, "closed meanwhile": true} {
		t.Run(name, func(t *testing.T) {
			set := &handedSet{}
			ln := set.listener("s", nil, app.HandoverOptions{Kinds: []string{"k"}})
			const n, bad = 200, 150
			var states wire.StatesBody
			var clients []io.ReadWriteCloser
			var fds []int
			for i := range n {
				ours, client := socketpair(t)
				clients = append(clients, client)
				fd, err := descriptor.Duplicate(ours)
				if err != nil {
					t.Fatal(err)
				}
				_ = ours.Close()
				if i == bad {
					descriptor.CloseAll([]int{fd})
					null, err := os.Open(os.DevNull)
					if err != nil {
						t.Fatal(err)
					}
					if fd, err = descriptor.Duplicate(null); err != nil {
						t.Fatal(err)
					}
					_ = null.Close()
				}
				fds = append(fds, fd)
				states = append(states, wire.State{Server: "s", Kind: "k", State: []byte{byte(i)}})
			}
			old, theirs := connected(t)
			if err := old.SendStates(1, states, fds); err != nil {
				t.Fatal(err)
			}
			descriptor.CloseAll(fds)
			m, err := theirs.Receive()
			if err != nil || len(m.FDs) != n {
				t.Fatal(len(m.FDs), err)
			}
			if closed {
				_ = ln.Close()
			}
			var answer wire.AckBody
			set.take(m, func(a wire.AckBody) { answer = a })
			set.open()
			if closed {
				if answer.K != 0 || len(answer.Refused) > 0 {
					t.Errorf("acknowledged %+v", answer)
				}
				for _, c := range clients {
					if _, err := c.Read(make([]byte, 1)); err != io.EOF {
						t.Fatalf("a copy is left open: %v", err)
					}
				}
				return
			}
			if answer.K != n || len(answer.Refused) != 1 || answer.Refused[0] != bad {
				t.Errorf("acknowledged %+v", answer)
			}
			for i := range n {
				if i == bad {
					continue
				}
				c := accept(t, ln).(*app.HandedConn)
				if int(c.State[0]) != i {
					t.Fatalf("got connection %d, want %d", c.State[0], i)
				}
				if _, err := clients[i].Write([]byte{byte(i)}); err != nil {
					t.Fatal(err)
				}
				b := make([]byte, 1)
				if _, err := c.Read(b); err != nil || int(b[0]) != i {
					t.Fatalf("got %d, %v, want %d", b[0], err, i)
				}
				_ = c.Close()
			}
		})
	}
}
