package upgrade

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// ackTime is how long the successor may take to acknowledge a batch. It reads
// at all times; what is acknowledged is only that it holds the descriptors.
const ackTime = 10 * time.Second

// ferry carries connections to the child, one batch at a time: the next leaves
// when the one before is acknowledged. It is the app.Successor that servers
// see. One goroutine, run, does everything; it alone calls done.
type ferry struct {
	child  *child
	onStep func(string)

	mu     sync.Mutex // guards everything below
	queue  []parcel
	closed bool  // nobody hands on any more
	err    error // why nothing is carried any more
	fatal  bool  // err leaves no successor
	handed int
	back   int

	wake chan struct{} // holds one token while there is something to do
	over chan struct{} // closed when run has returned
}

// parcel is a connection on its way.
type parcel struct {
	server string
	conn   net.Conn
	done   func(taken bool)
}

var _ app.Successor = (*ferry)(nil)

func newFerry(c *child, onStep func(string)) *ferry {
	f := &ferry{child: c, onStep: onStep, wake: make(chan struct{}, 1), over: make(chan struct{})}
	go f.run()
	return f
}

// Hand implements app.Successor.
func (f *ferry) Hand(server string, c net.Conn, done func(taken bool)) {
	f.mu.Lock()
	closed := f.closed
	if !closed {
		f.queue = append(f.queue, parcel{server, c, done})
	}
	f.mu.Unlock()
	if closed {
		go done(false)
		return
	}
	f.poke()
}

func (f *ferry) poke() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// close carries what is waiting and ends the ferry. Whoever hands on something
// later gets it back.
func (f *ferry) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.poke()
	<-f.over
}

// stop is close for a child that is turned down: what is waiting goes back.
func (f *ferry) stop(why error) {
	f.fail(why, true)
	f.close()
}

// counts returns how many connections the child has, how many went back, and
// whether the child is lost.
func (f *ferry) counts() (handed, back int, lost error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fatal {
		lost = f.err
	}
	return f.handed, f.back, lost
}

func (f *ferry) fail(err error, fatal bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err, f.fatal = err, fatal
	}
}

func (f *ferry) run() {
	defer close(f.over)
	for seq := uint32(1); ; seq++ {
		batch, err, more := f.next()
		if !more {
			return
		}
		taken := 0
		if err == nil {
			taken = f.carry(seq, batch)
		}
		f.mu.Lock()
		f.handed += taken
		f.back += len(batch) - taken
		f.mu.Unlock()
		for i, p := range batch {
			p.done(i < taken)
		}
	}
}

// next waits for parcels and returns as many as one message can hold. more is
// false when there will be none.
func (f *ferry) next() (batch []parcel, err error, more bool) {
	for {
		f.mu.Lock()
		if n := min(len(f.queue), maxFDs); n > 0 {
			batch = f.queue[:n:n]
			f.queue = f.queue[n:]
			err = f.err
			f.mu.Unlock()
			return batch, err, true
		}
		f.queue = nil
		closed := f.closed
		f.mu.Unlock()
		if closed {
			return nil, nil, false
		}
		<-f.wake
	}
}

// carry sends a batch and returns how many of it, from the first on, the child
// has now. The others are ours, for certain: a connection is never served by
// two processes.
func (f *ferry) carry(seq uint32, batch []parcel) (taken int) {
	var list connList
	fds := make([]int, 0, len(batch))
	defer func() { closeAll(fds) }()
	for _, p := range batch {
		fd, err := duplicate(p.conn)
		if err != nil { // of this one only: closed, or we may hold no more
			break
		}
		fds = append(fds, fd)
		list.Servers = append(list.Servers, p.server)
	}
	if len(fds) == 0 {
		return 0
	}
	f.onStep("conns")
	if err := f.child.line.send(connsMsg, seq, list, fds...); err != nil {
		f.lose(err)
		return 0
	}
	taken, err := f.acknowledged(seq, len(fds))
	switch {
	case err != nil:
		f.lose(err)
		return 0
	case taken < len(fds):
		f.fail(fmt.Errorf("it took %d of %d connections: it may hold no more open files", taken, len(fds)), false)
	}
	return taken
}

var (
	errGone   = errors.New("it has ended or hung up")
	errSilent = fmt.Errorf("it did not acknowledge connections within %v", ackTime)
)

func (f *ferry) acknowledged(seq uint32, sent int) (int, error) {
	t := time.NewTimer(ackTime)
	defer t.Stop()
	select {
	case m := <-f.child.acks:
		var a adopted
		if err := m.into(&a); err != nil || m.seq != seq || a.K > sent {
			return 0, fmt.Errorf("it acknowledged %d connections of batch %d, not %d of batch %d", a.K, m.seq, sent, seq)
		}
		return a.K, nil
	case <-f.child.lost: // not its end: an acknowledgement may still be on the line then
		return 0, errGone
	case <-t.C:
		return 0, errSilent
	}
}

// lose gives the child up. It takes a connection only after it has sent the
// acknowledgement, so one that has hung up took none of the batch. Of one that
// lives and says nothing, or nonsense, that cannot be known: it must not live.
func (f *ferry) lose(err error) {
	if !errors.Is(err, errGone) && !isHangup(err) {
		f.child.kill()
		<-f.child.exited
	}
	f.fail(err, true)
}
