package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gracefulfx/graceful/internal/guard"
)

// Handle makes h the handler of c, for good. A second handler for the same command
// is an error of wiring, and so is nil: Start fails with it; once ready it is a
// warning event, and the first handler stays. Operators see the description that
// About gives. Handle does not block.
func (a *App) Handle(c Command, h Handler, opts ...HandleOption) {
	info := CommandInfo{Name: c}
	for _, o := range opts {
		o(&info)
	}
	taken := !a.commands.add(info, h)
	switch {
	case h == nil:
		a.misuse(fmt.Errorf("command %q was given a nil handler", c))
	case taken:
		a.misuse(fmt.Errorf("command %q has two handlers: keep one of the modules that bring them", c))
	}
}

// Do carries out the command and blocks for the answer. Commands run one at a time,
// unless they are registered with Beside; a caller that waits for its turn gives up
// when ctx ends. It refuses with ErrUnhandled, ErrArgument, ErrNotReady,
// ErrStopping or ErrInside. A stop that begins cancels the running handler and does
// not wait for it.
//
// The error is nil if and only if the outcome is done, unchanged or pending.
func (a *App) Do(ctx context.Context, r Request) (Answer, error) {
	began := time.Now()
	ans, err := a.do(ctx, r)
	return a.answer(r, began, ans, err)
}

// answer completes an answer and emits it. It keeps Do's promise about the error,
// whatever a handler has returned.
func (a *App) answer(r Request, began time.Time, ans Answer, err error) (Answer, error) {
	ans.Command, ans.By, ans.Took = r.Command, r.By, time.Since(began)
	switch {
	case err == nil && ans.Outcome == "":
		ans.Outcome = OutcomeDone
	case err == nil && !succeeded(ans.Outcome):
		err = fmt.Errorf("%s %s: %s", r.Command, ans.Outcome, ans.Text)
	case err != nil && refused(err):
		ans.Outcome = OutcomeRefused
	case err != nil && ans.Outcome != OutcomeRefused:
		ans.Outcome = OutcomeFailed
	}
	if ans.Outcome == OutcomeRefused && ans.Detail == nil {
		ans.Detail = a.commands.refusalDetail(r, err)
	}
	if ans.Text == "" && err != nil {
		ans.Text = oneLine(err.Error())
	}
	a.emit(CommandEnded{Answer: ans, Err: err})
	return ans, err
}

func succeeded(o Outcome) bool {
	return o == OutcomeDone || o == OutcomeUnchanged || o == OutcomePending
}

func refused(err error) bool {
	return errors.Is(err, ErrUnhandled) || errors.Is(err, ErrNotReady) || errors.Is(err, ErrStopping) || errors.Is(err, ErrInside) || errors.Is(err, ErrArgument)
}

// insideKey marks the context of a handler with its command.
type insideKey struct{}

// progressKey marks the context of a handler with the function behind Progress.
type progressKey struct{}

// Progress reports in one line how far the handler that runs with ctx has come, for
// operators who wait for it: "1.2 of 3.4 GB". A later line replaces it. Progress
// does not block and may be called from any goroutine, as often as is convenient,
// though not for every byte. With a context that is not a handler's it does
// nothing.
func Progress(ctx context.Context, line string) {
	if say, ok := ctx.Value(progressKey{}).(func(string)); ok {
		say(line)
	}
}

func (a *App) do(ctx context.Context, r Request) (ans Answer, err error) {
	h, err := a.handler(r.Command)
	if err == nil {
		err = a.commands.checkArgs(r)
	}
	if err != nil {
		return ans, err
	}
	if outer, inside := ctx.Value(insideKey{}).(Command); inside {
		return ans, fmt.Errorf("%s: %w, %s", r.Command, ErrInside, outer)
	}
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, insideKey{}, r.Command))
	defer cancel(nil)
	watch := make(chan struct{})
	defer close(watch)
	go func() {
		select {
		case <-a.stopping:
			cancel(a.Reason())
		case <-watch:
		}
	}()

	if !a.commands.beside(r.Command) {
		select {
		case a.commands.busy <- struct{}{}:
			defer func() { <-a.commands.busy }()
		case <-ctx.Done():
		}
	}
	if err := a.takes(r.Command); err != nil { // a stop may have begun while we waited
		return ans, err
	}
	if ctx.Err() != nil {
		return ans, fmt.Errorf("%s: gave up waiting for another command to end: %w", r.Command, context.Cause(ctx))
	}
	a.emit(CommandBegan{r})
	ctx = context.WithValue(ctx, progressKey{}, func(line string) { a.post(CommandProgressed{r, line}) })
	err = guard.Call(func() (err error) { ans, err = h(ctx, r); return err })
	return ans, err
}

// handler returns the handler of c if the state allows it to run.
func (a *App) handler(c Command) (Handler, error) {
	h, err := a.commands.handler(c)
	if err != nil {
		return nil, err
	}
	return h, a.takes(c)
}

// takes returns nil if the state allows commands, and else why not.
func (a *App) takes(c Command) error {
	a.plan.mu.Lock()
	defer a.plan.mu.Unlock()
	switch {
	case a.plan.ends():
		return fmt.Errorf("%s: %w", c, ErrStopping)
	case a.plan.state < StateReady:
		return fmt.Errorf("%s: %w; try again when it is ready", c, ErrNotReady)
	}
	return nil
}
