package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// operationsLength is how many operations are kept.
const operationsLength = 20

// operations are the changes that clients have requested. One runs at a time; a
// stop does not wait for its turn, because it ends the one that runs.
type operations struct {
	journal *journal
	refused func(*http.Request, error) // logs a refusal
	all     sync.WaitGroup

	mu   sync.Mutex // guards everything below
	n    int
	busy *running
	past []*running // the last ones, including those that run
}

// running is an operation and its end. op may be read once done is closed, or
// under the mutex.
type running struct {
	op     Operation
	status int
	done   chan struct{}
}

// work carries out an operation. It goes on when the client has left.
type work func(by string) (app.Answer, error)

// begin starts an operation on a new goroutine, or returns the one that is running
// instead. Stops may run beside others.
func (o *operations) begin(kind, by string, beside bool, args map[string]string, do work) (*running, error) {
	o.mu.Lock()
	if b := o.busy; b != nil && !beside {
		o.mu.Unlock()
		return nil, fmt.Errorf("%s is refused while %s (%s, asked for by %s) is running: try again when that has ended", kind, b.op.Kind, b.op.ID, b.op.By)
	}
	o.n++
	r := &running{op: Operation{ID: fmt.Sprintf("%d-%d", os.Getpid(), o.n), Kind: kind, By: by, Args: args, Began: time.Now(), Generation: o.journal.generation()}, done: make(chan struct{})}
	if !beside {
		o.busy = r
	}
	if len(o.past) == operationsLength {
		o.past = append(o.past[:0:0], o.past[1:]...)
	}
	o.past = append(o.past, r)
	op := r.op
	o.mu.Unlock()

	// For debugging, since the command or stop that follows is an event, too.
	o.journal.add(Event{At: op.Began, Kind: "operation", Level: "debug", Text: fmt.Sprintf("%s (%s) asked for by %s", kind, op.ID, by), Operation: &op})
	o.all.Go(func() {
		ans, err := do(by)
		o.end(r, ans, err)
	})
	return r, nil
}

func (o *operations) end(r *running, ans app.Answer, err error) {
	o.mu.Lock()
	r.op.Outcome, r.op.Text, r.op.Detail, r.op.Took = ans.Outcome, ans.Text, detail(ans.Detail), time.Since(r.op.Began)
	r.op.Progress = ""
	r.status = statusOf(ans, err)
	if o.busy == r {
		o.busy = nil
	}
	op := r.op
	o.mu.Unlock()
	o.journal.add(Event{At: time.Now(), Kind: "operation", Level: "debug", Text: fmt.Sprintf("%s (%s) %s: %s", op.Kind, op.ID, op.Outcome, op.Text), Operation: &op})
	close(r.done)
}

// maxProgress is the longest line of Operation.Progress.
const maxProgress = 1 << 10

// progressed notes the progress of the running operation's command.
func (o *operations) progressed(command, line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.busy != nil && o.busy.op.Kind == command {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "\n")
		o.busy.op.Progress = strings.ToValidUTF8(line[:min(len(line), maxProgress)], "�")
	}
}

func (o *operations) current() *Operation {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.busy == nil {
		return nil
	}
	op := o.busy.op
	return &op
}

func (o *operations) list() []Operation {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := []Operation{}
	for _, r := range o.past {
		list = append(list, r.op)
	}
	return list
}

// load adds the operations that earlier generations have left.
func (o *operations) load(earlier []Operation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var past []*running
	for _, op := range earlier {
		if slices.ContainsFunc(o.past, func(r *running) bool { return r.op.ID == op.ID }) {
			continue
		}
		r := &running{op: op, status: http.StatusOK, done: make(chan struct{})}
		close(r.done)
		past = append(past, r)
	}
	past = append(past, o.past...)
	o.past = past[max(0, len(past)-operationsLength):]
}

func (o *operations) find(id string) (*running, Operation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.past {
		if r.op.ID == id {
			return r, r.op
		}
	}
	return nil, Operation{}
}

// wait blocks until the operations have ended, or ctx ends.
func (o *operations) wait(ctx context.Context) {
	ended := make(chan struct{})
	go func() { o.all.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// serve runs an operation for a request and answers with its outcome. A client that
// leaves before that finds it again under its id.
func (o *operations) serve(w http.ResponseWriter, r *http.Request, kind string, beside bool, do work) {
	o.serveArgs(w, r, kind, beside, nil, do)
}

func (o *operations) serveArgs(w http.ResponseWriter, r *http.Request, kind string, beside bool, args map[string]string, do work) {
	run, err := o.begin(kind, peerOf(r.Context()).String(), beside, args, do)
	if err != nil {
		o.refused(r, err)
		refuse(w, http.StatusConflict, err)
		return
	}
	w.Header().Set("Operation-Id", run.op.ID) // never changes
	await(w, r, run)
}

func await(w http.ResponseWriter, r *http.Request, run *running) {
	select {
	case <-run.done:
		respond(w, cmp.Or(run.status, http.StatusOK), run.op)
	case <-r.Context().Done():
	}
}
