package signals

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// patience bounds each wait on the path of a signal: for the Before hooks of a
// stop, and for an observer that does not return.
const patience = time.Second

// Trap catches signals from the moment it is made. Until an application is attached
// it holds them. The first stop signal is answered on stderr and carried out as
// soon as there is something to stop; the second ends the process with 128+n.
//
// It is for programs that need signals before the container is built. graceful.Run
// makes one and supplies it to the graph for Module. Without one, Module makes its
// own when the application starts.
type Trap struct {
	env   Env
	c     chan os.Signal // only the Source sends
	pipe  chan os.Signal // the same for SIGPIPE, which comes with each broken socket
	calls chan func()    // run by the goroutine
	quit  chan struct{}  // closed by Close
	gone  chan struct{}  // closed when the goroutine has ended
	close sync.Once

	terminal terminal

	// Everything below belongs to the goroutine of loop.
	ignored    []os.Signal // by the parent process
	held       []os.Signal // came before an application was attached
	stops      escalation
	dispatcher *dispatcher // of the application; nil before and after it
	ended      bool        // the application has ended
}

// NewTrap catches the signals of the default table from now on. It does not block.
// The caller must close the trap.
func NewTrap(w Env) *Trap { return newTrap(w, Defaults().signals()) }

func newTrap(w Env, sigs []os.Signal) *Trap {
	t := &Trap{
		env:      w.orReal(),
		c:        make(chan os.Signal, 32), // many more than can come while the goroutine is busy
		terminal: newTerminal(),
		pipe:     make(chan os.Signal, 1), // one is enough: the streams are checked after it
		calls:    make(chan func()),
		quit:     make(chan struct{}),
		gone:     make(chan struct{}),
	}
	t.catch(sigs)
	go t.loop()
	return t
}

// Close gives the signals back to Go, whose default is to die of them, and joins
// the goroutine. SIGPIPE stays caught: the last lines of a process whose output has
// no reader must not change how it ends. An attached application receives no more
// signals. Close may be called more than once.
func (t *Trap) Close() {
	t.close.Do(func() {
		t.env.Source.Stop(t.c)
		close(t.quit)
	})
	<-t.gone
}

// catch registers for sigs. A SIGHUP that the parent process ignores stays ignored.
func (t *Trap) catch(sigs []os.Signal) {
	var now []os.Signal
	for _, sig := range sigs {
		switch {
		case slices.Contains(t.ignored, sig):
		case sig == brokenPipe:
			t.env.Source.Notify(t.pipe, sig)
		case sig == hangup && t.env.Source.Ignored(sig):
			t.ignored = append(t.ignored, sig)
		default:
			now = append(now, sig)
		}
	}
	if len(now) > 0 { // none would mean all
		t.env.Source.Notify(t.c, now...)
	}
}

func (t *Trap) loop() {
	defer close(t.gone)
	for {
		select {
		case sig := <-t.c:
			t.receive(sig)
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

// flush returns when every signal that was delivered so far, to any channel of this
// process, has been received here.
func (t *Trap) flush(then func()) {
	// Deliveries happen under the lock that Stop takes: after it, a signal that
	// another channel has received is in ours as well.
	t.env.Source.Stop(make(chan os.Signal, 1))
	t.do(func() {
		for {
			select {
			case sig := <-t.c:
				t.receive(sig)
				continue
			default:
			}
			break
		}
		then()
	})
}

func (t *Trap) receive(sig os.Signal) {
	switch {
	case t.dispatcher != nil:
		t.dispatcher.dispatch(sig)
	case isStop(sig), sig == hangup && t.terminal.gone():
		t.stopUnattached(sig)
	case !t.ended && !slices.Contains(t.held, sig):
		t.held = append(t.held, sig)
	}
}

// stopUnattached answers a stop signal while no application is attached. Before
// there is one, nothing can be hurried: the second signal exits.
func (t *Trap) stopUnattached(sig os.Signal) {
	demand := t.stops.next(sig, 1)
	switch {
	case demand.exit || demand.hurry && !t.ended:
		t.exitNow(sig)
	case demand.begin && !t.ended:
		t.held = append(t.held, sig)
		t.printLine(fmt.Sprintf("%s: stopping as soon as the application is built; again to exit at once", app.SignalName(sig)))
	}
}

// isStop reports whether a signal stops the process by the default table.
func isStop(sig os.Signal) bool {
	t := Defaults()
	i := t.find(sig)
	return i >= 0 && t[i].Action == Stop
}

// attach passes signals to d from now on, beginning with those that were held. It
// returns the signals that stay ignored.
func (t *Trap) attach(d *dispatcher) (ignored []os.Signal, err error) {
	err = errors.New("the trap is closed")
	t.do(func() {
		if t.dispatcher != nil || t.ended {
			err = errors.New("the trap belongs to another application: make one for each")
			return
		}
		err = nil
		t.catch(d.table.signals())
		t.catchPipe(d.table)
		ignored = slices.Clone(t.ignored)
		t.dispatcher, t.stops = d, escalation{} // held signals are counted again
		held := t.held
		t.held = nil
		for _, sig := range held {
			t.receive(sig)
		}
	})
	return ignored, err
}

// detach makes the trap answer signals itself again. The stop is over then.
func (t *Trap) detach() { t.do(func() { t.dispatcher, t.ended = nil, true }) }

// exitNow ends the process with 128+n. In tests it may return.
func (t *Trap) exitNow(sig os.Signal) {
	code := 128 + numberOf(sig)
	t.printLine(fmt.Sprintf("%s again: exiting at once with code %d, without stopping what still runs", app.SignalName(sig), code))
	t.env.Exit(code)
}

// printLine writes a line to stderr, which is bounded in time: a reader that has
// stopped reading may be the reason for the exit.
func (t *Trap) printLine(line string) { fmt.Fprintf(t.env.Stderr, "graceful: %s\n", line) }
