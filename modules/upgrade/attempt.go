package upgrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// attempt is one upgrade, seen from the old process. It belongs to the
// goroutine that runs the command, which alone knows how far it has come.
type attempt struct {
	u       *Upgrader
	ctx     context.Context
	conf    Config
	program program
	result  Result
	release func() // says that nobody else accepts from our sockets any more

	child    *child
	answered bool // it has said something we understand
	adopts   map[string]bool
	ferry    *ferry
	moved    []app.Mover
	declined bool // it has said FAILED
	took     bool // it has answered COMMIT: what it has acknowledged is its
}

// run returns nil when the successor is in charge, else why it is not, with
// everything as it was before.
func (a *attempt) run() error {
	if a.conf.PreCheck {
		a.enter(Checking)
		if err := a.check(); err != nil {
			return fmt.Errorf("%s refuses to start: %w", a.program.path, err)
		}
	}
	a.enter(Starting)
	if err := a.start(false); err != nil {
		return err
	}
	if err := a.untilReady(); err != nil {
		return a.takeBack(err)
	}
	a.result.Ready = time.Since(a.result.Began)
	if a.conf.Probation > 0 {
		a.enter(Probation)
		if err := a.probation(); err != nil {
			return a.takeBack(err)
		}
	}
	a.enter(Moving)
	if err := a.move(); err != nil {
		return a.takeBack(err)
	}
	a.enter(Committing)
	if err := a.commit(); err != nil {
		return a.takeBack(err)
	}
	a.enter(Replaced)
	return nil
}

func (a *attempt) enter(p Phase) {
	a.result.Phase = p
	a.u.enter(p)
}

// start starts the program, and gives it our sockets unless it is only asked
// to check its configuration.
func (a *attempt) start(check bool) error {
	if a.ctx.Err() != nil {
		return givenUp(a.ctx)
	}
	var files []fileInfo
	var fds []int
	if !check {
		var err error
		files, fds, err = a.u.sockets.manifest()
		defer func() { closeAll(fds) }()
		if err != nil {
			return err
		}
	}
	introduce := func(l *line) error {
		err := l.send(helloMsg, 0, hello{PID: a.u.getpid(), Generation: a.result.Generation, Files: len(files), Check: check})
		for len(files) > 0 && err == nil {
			n := min(len(files), maxFDs)
			err = l.send(filesMsg, 0, fileList{files[:n]}, fds[:n]...)
			closeAll(fds[:n])
			files, fds = files[n:], fds[n:]
		}
		return err
	}
	// What fits into the line is on it before there is a child: whenever we may
	// die, it finds our sockets.
	before := func(*line) error { return nil }
	if fitsTheLine(files) {
		before, introduce = introduce, before
	}
	c, err := spawn(a.u.origin, a.program, before)
	if err != nil {
		return err
	}
	a.child, a.answered = c, false
	a.u.mu.Lock()
	a.u.trying = c
	a.u.mu.Unlock()
	a.result.PID = c.proc.Pid
	a.u.onStep("spawned")
	if err := introduce(c.line); err != nil {
		return a.takeBack(a.because(err))
	}
	return nil
}

// fitsTheLine tells whether the line holds a manifest before anybody reads: a socket
// has room for much more by default.
func fitsTheLine(files []fileInfo) bool {
	b, err := json.Marshal(files)
	return err == nil && len(files) <= maxFDs && len(b) < 32<<10
}

// check asks the program whether it would start.
func (a *attempt) check() error {
	if err := a.start(true); err != nil {
		return err
	}
	if err := a.await(checkedMsg, a.conf.ReadyTimeout); err != nil {
		a.child.turnDown(err.Error(), a.answered, a.grace(), a.release)
		return err
	}
	a.child.awaitEnd(a.conf.KillAfter) // of its own accord
	return nil
}

func (a *attempt) untilReady() error {
	err := a.await(readyMsg, a.conf.ReadyTimeout)
	if errors.Is(err, errLate) {
		return fmt.Errorf("it did not become ready within %v (upgrade.ready_timeout)", a.conf.ReadyTimeout)
	}
	return err
}

var errLate = errors.New("no answer in time")

// await waits for a message of the child. Everything else that can happen is
// an error: FAILED, its end, a breach of the protocol, too much time, the end
// of a.ctx.
func (a *attempt) await(want kind, patience time.Duration) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case m := <-a.child.messages:
			a.answered = true
			switch {
			case m.kind == want:
				return a.take(m)
			case m.kind == failedMsg:
				a.declined = true
				return errors.New(m.saying())
			case m.kind == startingMsg && want != committedMsg:
			default:
				return fmt.Errorf("it said %v where %v was due", m.kind, want)
			}
		case <-a.child.lost:
			return a.explain()
		case <-a.child.exited:
			return a.explain()
		case <-late.C:
			return errLate
		case <-a.ctx.Done():
			return givenUp(a.ctx)
		}
	}
}

// take keeps what READY and HEALTH say.
func (a *attempt) take(m message) error {
	switch m.kind {
	case readyMsg:
		var r readiness
		if err := m.into(&r); err != nil {
			return err
		}
		a.adopts = map[string]bool{}
		for _, server := range r.Adopts {
			a.adopts[server] = true
		}
	case healthMsg:
		var h healthReport
		if err := m.into(&h); err != nil {
			return err
		}
		if !h.OK {
			return fmt.Errorf("it is not ready any more: %s", h.Text)
		}
	}
	return nil
}

// lastWords is how long to wait for the end of a child that hung up, and for
// what it may have said before.
const lastWords = time.Second

// explain says why there is nobody at the other end of the line.
func (a *attempt) explain() error {
	t := time.NewTimer(lastWords)
	defer t.Stop()
	exited, lost := a.child.exited, a.child.lost
	for exited != nil || lost != nil {
		select {
		case m := <-a.child.messages:
			switch m.kind {
			case failedMsg:
				a.answered, a.declined = true, true
				return errors.New(m.saying())
			case committedMsg: // it has served, if only for a moment
				a.took = true
			}
		case <-exited:
			exited = nil
		case <-lost:
			if a.child.broken != nil {
				return a.child.broken
			}
			lost = nil
		case <-t.C:
			return errors.New("it hung up without saying why: see its log")
		}
	}
	return a.child.end()
}

// because tells what is behind err, with which the line failed: the end of the
// child if that came within a moment.
func (a *attempt) because(err error) error {
	if !errors.Is(err, errGone) && !isHangup(err) && !closed(a.child.exited) {
		return err
	}
	return a.explain()
}

// takeBack makes everything as it was before and returns err.
func (a *attempt) takeBack(err error) error {
	for _, m := range a.moved {
		if bad := guarded(func() error { m.Resume(); return nil }); bad != nil {
			a.u.app.Note(app.Note{Level: slog.LevelError, Text: "a server did not resume after a failed upgrade", Err: bad})
		}
	}
	if a.ferry != nil {
		if a.took {
			a.ferry.settle(childs)
		}
		a.ferry.stop(err)
		a.result.Handed, a.result.TakenBack, _ = a.ferry.counts()
		if a.took && closed(a.child.exited) {
			a.result.Cut = a.result.Handed // nobody else had them
		}
	}
	a.child.turnDown(err.Error(), a.answered, a.grace(), a.release)
	if a.took {
		if bad := a.u.pid.reclaim(); bad != nil {
			a.u.app.Note(app.Note{Level: slog.LevelError, Text: "the PID file names a process that is gone", Err: bad})
		}
	}
	return err
}

// atOnce is what a child that serves nobody yet gets to end in order when a stop
// waits for that.
const atOnce = 2 * time.Second

// grace is how long a child that is turned down may take to end.
func (a *attempt) grace() time.Duration {
	if a.u.app.Reason() != nil && a.result.Ready == 0 {
		return min(a.conf.KillAfter, atOnce)
	}
	return a.conf.KillAfter
}

func givenUp(ctx context.Context) error { return fmt.Errorf("given up: %w", context.Cause(ctx)) }

// guarded makes an error of a panic: whatever a server does, no child is left
// behind.
func guarded(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return fn()
}
