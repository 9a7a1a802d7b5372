package upgrade

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/wire"
)

// start starts the program, and gives it our sockets unless it is only to check its
// configuration.
func (a *attempt) start(check bool) error {
	if a.ctx.Err() != nil {
		return givenUp(a.ctx)
	}
	intro := introduction{hello: wire.HelloBody{PID: a.u.getpid(), Generation: a.result.Generation, Check: check}}
	defer intro.close()
	if !check {
		var err error
		if intro.files, intro.fds, err = a.u.sockets.manifest(); err != nil {
			return err
		}
	}
	// What fits into the connection is written before there is a new process:
	// whenever this process dies, the new one finds our sockets.
	before, after := intro.send, func(*wire.Conn) error { return nil }
	if !intro.fits() {
		before, after = after, before
	}
	s, err := startSuccessor(a.u.initial, a.program, before)
	if err != nil {
		return err
	}
	a.successor, a.answered = s, false
	a.u.mu.Lock()
	a.u.trying = s
	a.u.mu.Unlock()
	a.result.PID = s.proc.PID
	a.u.onStep("spawned")
	if err := after(s.conn); err != nil {
		return a.takeBack(a.sendCause(err))
	}
	return nil
}

// introduction is what is sent to a new process at once: HELLO and FILES.
type introduction struct {
	hello wire.HelloBody
	files []wire.File
	fds   []int // of files
}

// fits reports whether the connection holds the introduction before anything reads
// it: a socket has room for much more by default.
func (i *introduction) fits() bool {
	b, err := json.Marshal(i.files)
	return err == nil && len(i.files) <= wire.MaxFDs && len(b) < 32<<10
}

func (i *introduction) send(c *wire.Conn) error {
	i.hello.Files = len(i.files)
	err := c.Send(wire.Hello, 0, i.hello)
	for len(i.files) > 0 && err == nil {
		n := min(len(i.files), wire.MaxFDs)
		err = c.Send(wire.Files, 0, wire.FilesBody{Files: i.files[:n]}, i.fds[:n]...)
		descriptor.CloseAll(i.fds[:n])
		i.files, i.fds = i.files[n:], i.fds[n:]
	}
	return err
}

func (i *introduction) close() { descriptor.CloseAll(i.fds) }

// check runs the program to find out whether it would start.
func (a *attempt) check() error {
	if err := a.start(true); err != nil {
		return err
	}
	if err := a.await(wire.Checked, a.conf.ReadyTimeout); err != nil {
		a.successor.reject(err.Error(), a.answered, a.grace(), a.unbound)
		return err
	}
	a.successor.waitEnd(a.conf.KillAfter) // it ends by itself
	return nil
}

func (a *attempt) untilReady() error {
	end := a.reportStart()
	err := a.await(wire.Ready, a.conf.ReadyTimeout)
	end()
	if errors.Is(err, errLate) {
		return fmt.Errorf("it did not become ready within %v (upgrade.ready_timeout)", a.conf.ReadyTimeout)
	}
	return err
}
