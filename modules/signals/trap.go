package signals

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// patience bounds what the way of a signal waits for: the Before hooks of a
// stop, an observer that does not return, a stderr that nobody reads.
const patience = time.Second

// Trap catches signals from the moment it is made. Until an application is
// attached it remembers them; the first stop signal is answered on stderr and
// carried out as soon as there is something to stop, the second ends the
// process with 128+n.
//
// It is for programs that need signals before the container is built;
// graceful.Run makes one and supplies it to the graph, where Module takes it
// over. Without one, Module makes its own when the application starts.
type Trap struct {
	world World
	c     chan os.Signal // from the Source; nobody else sends
	calls chan func()    // to be run by the goroutine
	quit  chan struct{}  // closed by Close
	gone  chan struct{}  // closed when the goroutine has ended
	close sync.Once

	// Everything below belongs to the goroutine of loop.
	hushed []os.Signal // ignored as the parent wishes
	held   []os.Signal // came before anybody was attached
	stops  int         // stop signals so far
	last   os.Signal   // the latest of them
	lastAt time.Time   // when it came
	desk   *desk       // who deals with signals; nil before and after
	over   bool        // the application has ended
}

// NewTrap catches the signals of the default table from now on. Close it.
func NewTrap(w World) *Trap { return newTrap(w, Defaults().signals()) }

func newTrap(w World, sigs []os.Signal) *Trap {
	t := &Trap{
		world: w.orReal(),
		c:     make(chan os.Signal, 32), // many more than can come while the goroutine is busy
		calls: make(chan func()),
		quit:  make(chan struct{}),
		gone:  make(chan struct{}),
	}
	t.catch(sigs)
	go t.loop()
	return t
}

// Close gives the signals back to Go, whose default is to die of them, and
// joins the goroutine. It may be called more than once. An application that is
// attached hears no signal any more.
func (t *Trap) Close() {
	t.close.Do(func() {
		t.world.Source.Stop(t.c)
		close(t.quit)
	})
	<-t.gone
}

// catch registers for sigs. A SIGHUP that the parent wants ignored is left so.
func (t *Trap) catch(sigs []os.Signal) {
	var now []os.Signal
	for _, sig := range sigs {
		switch {
		case slices.Contains(t.hushed, sig):
		case sig == hangup && t.world.Source.Ignored(sig):
			t.hushed = append(t.hushed, sig)
		default:
			now = append(now, sig)
		}
	}
	if len(now) > 0 { // none would mean all
		t.world.Source.Notify(t.c, now...)
	}
}

func (t *Trap) loop() {
	defer close(t.gone)
	for {
		select {
		case sig := <-t.c:
			t.take(sig)
		case call := <-t.calls:
			call()
		case <-t.quit:
			return
		}
	}
}

// do runs fn on the goroutine and waits for it. It returns false if the
// goroutine has ended.
func (t *Trap) do(fn func()) bool {
	done := make(chan struct{})
	select {
	case t.calls <- func() { defer close(done); fn() }:
		<-done
		return true
	case <-t.gone:
		return false
	}
}

// flush makes sure that every signal which the operating system has delivered
// to this process so far, to anybody in it, has been taken.
func (t *Trap) flush(then func()) {
	// Deliveries happen under the lock that Stop takes: after it, a signal
	// that anybody else has received is in our channel as well.
	t.world.Source.Stop(make(chan os.Signal, 1))
	t.do(func() {
		for {
			select {
			case sig := <-t.c:
				t.take(sig)
				continue
			default:
			}
			break
		}
		then()
	})
}

// echo is how soon after a stop signal the same one again is not a person in a
// hurry: timeout(1) and other supervisors signal the process and then its
// group, which is one wish and two signals.
const echo = 100 * time.Millisecond

// repeats tells whether a stop signal is the echo of the one before.
func (t *Trap) repeats(sig os.Signal) bool {
	now := time.Now()
	again := sig == t.last && now.Sub(t.lastAt) < echo
	t.last, t.lastAt = sig, now
	return again
}

func (t *Trap) take(sig os.Signal) {
	switch {
	case t.desk != nil:
		t.desk.take(sig)
	case isStop(sig) && t.repeats(sig):
	case !isStop(sig):
		if !t.over && !slices.Contains(t.held, sig) {
			t.held = append(t.held, sig)
		}
	case t.over:
		if t.stops++; t.stops > 2 {
			t.leave(sig)
		}
	default:
		if t.stops++; t.stops > 1 {
			t.leave(sig)
			return
		}
		t.held = append(t.held, sig)
		t.say(fmt.Sprintf("%s: stopping as soon as the application is built; again to exit at once", app.SignalName(sig)))
	}
}

// isStop tells what a signal means when there is no table to ask.
func isStop(sig os.Signal) bool {
	t := Defaults()
	i := t.find(sig)
	return i >= 0 && t[i].Action == Stop
}

// attach makes d deal with signals, beginning with those that came before. It
// returns the signals that stay ignored.
func (t *Trap) attach(d *desk) (hushed []os.Signal, err error) {
	err = errors.New("the trap is closed")
	t.do(func() {
		if t.desk != nil || t.over {
			err = errors.New("the trap belongs to another application: make one for each")
			return
		}
		err = nil
		t.catch(d.table.signals())
		hushed = slices.Clone(t.hushed)
		t.desk, t.stops, t.last = d, 0, nil // what was held comes again
		held := t.held
		t.held = nil
		for _, sig := range held {
			t.take(sig)
		}
	})
	return hushed, err
}

// detach makes the trap deal with signals itself again. From now on a stop is
// not to be waited for: it is over.
func (t *Trap) detach() { t.do(func() { t.desk, t.over = nil, true }) }

// leave ends the process; in tests it may return.
func (t *Trap) leave(sig os.Signal) {
	code := 128 + numberOf(sig)
	t.say(fmt.Sprintf("%s again: exiting at once with code %d, without stopping what still runs", app.SignalName(sig), code))
	t.world.Exit(code)
}

// say writes a line to stderr. It does not wait for a reader that has stopped
// reading: what comes next may be the exit that was asked for because of that.
func (t *Trap) say(line string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		fmt.Fprintf(t.world.Stderr, "graceful: %s\n", line)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
