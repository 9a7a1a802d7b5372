package upgrade

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// ackTime is how long the successor may take to acknowledge a batch. It reads
// at all times; what is acknowledged is only that it holds the descriptors.
const ackTime = 5 * time.Second

// ferry carries connections to the child, one batch at a time: the next leaves
// when the one before is acknowledged. It is the app.Successor that servers
// see. What the child has acknowledged it holds, but does not serve before it
// has answered COMMIT; until then we keep our copies, and settle says whose
// the connections are.
type ferry struct {
	child  *child
	onStep func(string)

	mu     sync.Mutex // guards everything below
	queue  []parcel   // those being carried are still in it
	aboard []parcel   // acknowledged, not settled
	whose  owner
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

// owner is who serves what the child has acknowledged.
type owner int

const (
	unsettled owner = iota
	childs
	ours
)

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

// stop is close for a child that is turned down: what is waiting goes back, and
// what it has unless that is settled.
func (f *ferry) stop(why error) {
	f.fail(why, true)
	f.settle(ours)
	f.close()
}

// settle says, once, who serves what the child has acknowledged, and will
// acknowledge.
func (f *ferry) settle(whose owner) {
	f.mu.Lock()
	if f.whose != unsettled {
		f.mu.Unlock()
		return
	}
	f.whose = whose
	aboard := f.aboard
	f.aboard = nil
	if whose == ours {
		f.handed -= len(aboard)
		f.back += len(aboard)
	}
	f.mu.Unlock()
	for _, p := range aboard {
		p.done(whose == childs)
	}
}

// unload returns when nothing is on its way, or when ctx ends.
func (f *ferry) unload(ctx context.Context) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		f.mu.Lock()
		empty := len(f.queue) == 0
		f.mu.Unlock()
		if empty {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
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
		tried, taken := len(batch), 0
		if err == nil {
			tried, taken = f.carry(seq, batch)
		}
		f.land(batch[:tried], taken)
	}
}

// land deals with the parcels of a batch that have been tried, the first of
// which the child has acknowledged.
func (f *ferry) land(batch []parcel, taken int) {
	f.mu.Lock()
	f.queue = f.queue[len(batch):]
	if f.whose == ours {
		taken = 0
	}
	f.handed += taken
	f.back += len(batch) - taken
	if f.whose == unsettled {
		f.aboard = append(f.aboard, batch[:taken]...)
		batch, taken = batch[taken:], 0
	}
	f.mu.Unlock()
	for i, p := range batch {
		p.done(i < taken)
	}
}

// next waits for parcels and returns the first of the queue, as many as one
// message can hold. more is false when there will be none.
func (f *ferry) next() (batch []parcel, err error, more bool) {
	for {
		f.mu.Lock()
		if n := min(len(f.queue), maxFDs); n > 0 {
			batch, err = f.queue[:n:n], f.err
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

// carry sends a batch, as far as this process may hold so many descriptors
// more, and returns how many it has tried and how many of these, from the first
// on, the child has now. The others are ours, for certain: a connection is
// never served by two processes.
func (f *ferry) carry(seq uint32, batch []parcel) (tried, taken int) {
	var list connList
	fds := make([]int, 0, len(batch))
	defer func() { closeAll(fds) }()
	for _, p := range batch {
		fd, err := duplicate(p.conn)
		if err != nil {
			break
		}
		fds = append(fds, fd)
		list.Servers = append(list.Servers, p.server)
	}
	if len(fds) == 0 {
		return 1, 0 // of this one only
	}
	f.onStep("conns")
	if err := f.child.line.send(connsMsg, seq, list, fds...); err != nil {
		f.lose(err)
		return len(fds), 0
	}
	taken, err := f.acknowledged(seq, len(fds))
	switch {
	case err != nil && !errors.Is(err, errGone) && f.whoseNow() == childs:
		// It is in charge and has to live. It will find them on the line.
		f.fail(err, true)
		return len(fds), len(fds)
	case err != nil:
		f.lose(err)
		return len(fds), 0
	case taken < len(fds):
		f.fail(fmt.Errorf("it took %d of %d connections: it may hold no more open files", taken, len(fds)), false)
	}
	return len(fds), taken
}

func (f *ferry) whoseNow() owner {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.whose
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
		return counted(m, seq, sent)
	case <-f.child.lost: // not its end: an acknowledgement may still be on the line then
	case <-t.C:
		return 0, errSilent
	}
	select {
	case m := <-f.child.acks: // it came before
		return counted(m, seq, sent)
	default:
		return 0, cmp.Or(f.child.broken, errGone)
	}
}

// counted returns how many of a batch m acknowledges.
func counted(m message, seq uint32, sent int) (int, error) {
	var a adopted
	if err := m.into(&a); err != nil || m.seq != seq || a.K > sent {
		return 0, fmt.Errorf("it acknowledged %d connections of batch %d, not %d of batch %d", a.K, m.seq, sent, seq)
	}
	return a.K, nil
}

// lose gives the child up. It serves a connection only after it has sent the
// acknowledgement, so one that has hung up served none of the batch. Of one
// that lives and says nothing, or nonsense, that cannot be known: it must not
// live, unless it is in charge.
func (f *ferry) lose(err error) {
	f.fail(err, true) // first, so that whoever sees its end knows why
	if !errors.Is(err, errGone) && !isHangup(err) && f.whoseNow() != childs {
		f.child.kill()
		<-f.child.exited
	}
}
