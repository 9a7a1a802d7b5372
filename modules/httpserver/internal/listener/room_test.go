package listener

import (
	"net"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// supply is a listener that accepts what it is given.
type supply struct{ given chan net.Conn }

func (s supply) Accept() (net.Conn, error) {
	c, ok := <-s.given
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (supply) Addr() net.Addr { return &net.TCPAddr{} }
func (supply) Close() error   { return nil }

// Connections that come from a predecessor while Accept waits for a client count at
// once: the client waits until there is room again.
func TestConnectionsFromElsewhereTakeTheRoomOfAnAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		given := make(chan net.Conn)
		set := conns.New(conns.Config{Limit: 2})
		l := New(supply{given}, set, false)
		accepted := make(chan net.Conn, 10)
		go l.Serve(func(run net.Listener) error {
			for {
				c, err := run.Accept()
				if err != nil {
					return err
				}
				accepted <- c
			}
		})
		synctest.Wait() // in Accept, with room for two
		one, _ := net.Pipe()
		handed := []net.Conn{set.Add(one, conns.Options{Idle: true})}
		two, _ := net.Pipe()
		handed = append(handed, set.Add(two, conns.Options{Idle: true}))
		client, _ := net.Pipe()
		given <- client
		synctest.Wait()
		if set.Len() != 2 || len(accepted) != 0 {
			t.Errorf("got %d connections, %d of them accepted, with a limit of 2", set.Len(), len(accepted))
		}
		set.Note(handed[0], http.StateClosed)
		synctest.Wait()
		if set.Len() != 2 || len(accepted) != 1 {
			t.Errorf("got %d connections, %d of them accepted, when there is room", set.Len(), len(accepted))
		}
		close(given)
		set.Note(handed[1], http.StateClosed)
	})
}

// A stop lets in clients that wait beyond the limit, so that they can be asked to
// leave.
func TestStopAcceptsConnectionsBeyondTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		given := make(chan net.Conn, 1)
		set := conns.New(conns.Config{Limit: 1})
		l := New(supply{given}, set, false)
		go l.Serve(func(run net.Listener) error {
			for {
				if _, err := run.Accept(); err != nil {
					return err
				}
			}
		})
		synctest.Wait()
		one, _ := net.Pipe()
		set.Add(one, conns.Options{Idle: true})
		client, _ := net.Pipe()
		given <- client
		synctest.Wait()
		close(given)
		if err := l.Retire(t.Context(), Retiring{Serving: true}); err != nil {
			t.Error(err)
		}
		if set.Len() != 2 {
			t.Errorf("got %d connections, want the one that waited, too", set.Len())
		}
	})
}
