package etcd

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
	"github.com/gracefulfx/graceful/modules/config"
)

// wish is a document that this instance should have.
type wish struct {
	document document
	pause    time.Duration // before it is taken
}

// outcome is the result of a wish.
type outcome struct {
	revision int64
	failed   string // why it is not in force
	again    bool   // it was not tried
}

// begin starts the goroutines beside the rounds, and returns a context that ends
// when a stop begins: a stopping process is no longer an instance. end waits for
// them.
func (f *fleet) begin(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	f.all.Go(func() {
		select {
		case <-f.app.Stopping():
			cancel()
		case <-ctx.Done():
		}
	})
	f.all.Go(func() { f.fulfil(ctx) })
	host, _ := os.Hostname() // it is for people
	f.report = rollout.Report{Schema: rollout.Schema, Name: f.options.Staged.Instance, Host: host, PID: os.Getpid(),
		Generation: f.app.Generation(), Revision: f.inForce()}
	f.measure()
	f.follower.mu.Lock()
	if f.wrong.revision != 0 { // the start has fallen back to another document
		f.fail(f.wrong.revision, f.wrongWhy)
	}
	f.follower.mu.Unlock()
	return ctx, func() { cancel(); f.all.Wait() }
}

// aim wishes for the document that this instance should have, unless it has it or
// has tried it.
func (f *fleet) aim() {
	d, ok := f.seen.target(f.options.Staged.Instance)
	if !f.stranger.IsZero() && f.seen.state.Phase != "" {
		d, ok = document{data: f.seen.good, revision: f.seen.state.Good}, f.seen.good != nil
	}
	if !ok || d.revision == f.wanted {
		return
	}
	f.wanted = d.revision
	if !f.taking && d.revision == f.report.Revision && d.revision == f.inForce() && !f.failing() {
		return
	}
	w := wish{document: d}
	if most := f.options.Staged.Jitter; most > 0 && d.revision == f.seen.document.revision {
		w.pause = mathrand.N(most)
	}
	if f.retry {
		w.pause, f.retry = time.Second, false
	}
	select {
	case <-f.wants: // it is no longer wanted
	default:
	}
	f.wants <- w
	f.taking = true
}

// fulfil takes documents, always the latest wish.
func (f *fleet) fulfil(ctx context.Context) {
	for {
		var out outcome
		select {
		case <-ctx.Done():
			return
		case <-f.again:
			out = f.retake(ctx)
		case w := <-f.wants:
			w, ok := f.wait(ctx, w)
			if !ok {
				return
			}
			out = f.take(ctx, w.document)
		}
		select {
		case f.outcomes <- out:
		case <-ctx.Done():
			return
		}
	}
}

// wait pauses before a wish, and returns the wish that has replaced it meanwhile.
func (f *fleet) wait(ctx context.Context, w wish) (wish, bool) {
	for {
		timer := time.NewTimer(w.pause)
		select {
		case <-timer.C:
			return w, true
		case w = <-f.wants:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return w, false
		}
	}
}

// take offers a document and reports the result of a reload.
func (f *fleet) take(ctx context.Context, d document) outcome {
	f.follower.mu.Lock()
	same := f.err == nil && d.same(f.offer) && f.saved
	f.offer, f.err = d, nil
	if !same {
		f.saved = false
	}
	f.follower.mu.Unlock()
	if same { // another revision with the same text
		f.keep(d)
		return outcome{revision: d.revision}
	}
	return f.retake(ctx)
}

// retake requests a reload of the document that is offered.
func (f *fleet) retake(ctx context.Context) outcome {
	f.follower.mu.Lock()
	d := f.offer
	f.follower.mu.Unlock()
	ans, err := f.app.Do(ctx, app.Request{Command: app.Reload, By: trigger})
	report, _ := ans.Detail.(config.Report)
	out := outcome{revision: d.revision}
	switch {
	case ctx.Err() != nil || ans.Outcome == app.OutcomeRefused || report.Result == config.Refused:
		out.again = true
	case err != nil:
		out.failed = ans.Text
	case len(report.Degraded) > 0:
		out.failed = "a part of the program panicked while it took it over: " + strings.Join(report.Degraded, ", ")
	}
	if err == nil {
		f.keep(d)
	}
	return out
}

// took puts an outcome into the report.
func (f *fleet) took(out outcome) {
	f.taking = !out.again && out.revision != f.wanted // another document has been sent meanwhile
	switch {
	case out.again:
		f.wanted, f.retry = 0, true
		return
	case out.failed != "":
		f.fail(out.revision, out.failed)
	case f.report.Failed.Revision != out.revision:
		f.report.Failed = rollout.Failure{}
	}
	if now := f.inForce(); now != f.report.Revision {
		f.report.Revision, f.report.Ready = now, false
		f.health.restart()
	}
	f.measure()
}

// inForce returns the revision of the document in force.
func (f *fleet) inForce() int64 {
	f.follower.mu.Lock()
	defer f.follower.mu.Unlock()
	return f.good.revision
}

// failing reports whether the document that is offered is not in force.
func (f *fleet) failing() bool {
	f.follower.mu.Lock()
	defer f.follower.mu.Unlock()
	return !f.saved
}

// measure puts the state of the configuration into the report.
func (f *fleet) measure() {
	f.report.Hash = f.store.Snapshot().Hash()
	f.report.Pending = len(f.store.Last().PendingRestart)
}

// history hands the identity to a successor, which continues under the same name.
func (f *fleet) history() app.History {
	return app.History{
		Save: func() []byte {
			f.mu.Lock()
			defer f.mu.Unlock()
			return []byte(f.id)
		},
		Load: func(text []byte) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if len(text) == len(f.id) {
				f.id = string(text)
			}
		},
	}
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it does not fail
	return fmt.Sprintf("%x", b)
}
