//go:build unix

package upgrade

import (
	"net"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// An unopened connection costs no second descriptor on its way; of a Go connection
// there is one as long as its batch.
func TestBatchCopiesOnlyWhatMayBeClosed(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fd, err := descriptor.Duplicate(c)
	if err != nil {
		t.Fatal(err)
	}
	var opener descriptor.Opener
	u, ok := opener.Unopened(fd)
	if !ok {
		t.Fatal("no reserve")
	}
	defer u.Close()
	b := newBatch([]pendingConn{{State: wire.State{Server: "web"}, conn: u}, {State: wire.State{Server: "web"}, conn: c}})
	if want := []int{fd, b.fds[1]}; !slices.Equal(b.fds, want) || len(b.copies) != 1 || b.copies[0] == fd {
		t.Fatalf("got %v, of which %v are copies; want %v", b.fds, b.copies, want)
	}
	b.close()
	var of, now unix.Stat_t // a number may be another file's by now
	if err := unix.Fstat(fd, &of); err != nil {
		t.Fatalf("the unopened connection is closed: %v", err)
	}
	if err := unix.Fstat(b.copies[0], &now); err == nil && now.Ino == of.Ino {
		t.Error("the copy is still open")
	}
}
