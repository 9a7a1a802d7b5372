package app

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app/internal/signalname"
)

// Kind classes a Reason.
type Kind int

// The kinds of reasons.
const (
	Unknown     Kind = iota // Stop was called without a reason
	Signalled               // a signal of the operating system
	Requested               // a call: fx.Shutdowner, fx's Stop, the admin API
	Replaced                // another process continues with the sockets: a successor, or a predecessor that took the upgrade back
	Done                    // a task with ExitWhenDone returned
	StartFailed             // a start hook failed or the start took too long
	ServeFailed             // a server could not go on serving
	TaskFailed              // a background task died
)

var kindNames = [...]string{"unknown", "signal", "requested", "replaced", "done", "start failed", "serve failed", "task failed"}

// String returns the lower-case name of the kind.
func (k Kind) String() string { return nameOf(kindNames[:], int(k), "kind") }

// MarshalText makes the name, not the number, appear in JSON.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Reason is why the process stops. The first one given wins; later ones are kept in
// the report. A *Reason is an error, and it is the context.Cause of every task and
// draining request, so that code far below can check
//
//	var r *app.Reason
//	if errors.As(context.Cause(ctx), &r) && r.Kind == app.Replaced { ... }
//
// A Reason must not change after it was given to Stop.
type Reason struct {
	Kind   Kind
	Signal os.Signal // of Signalled
	By     string    // the caller: "SIGTERM", "task mailer", "admin uid 0"
	Text   string    // for people; optional
	Err    error     // of the failed kinds
	Code   int       // exit code; 0 is clean, outside 0 to 255 means 1
	At     time.Time // set by Stop if zero
}

// Error names the caller and the cause, in one line.
func (r *Reason) Error() string {
	parts := make([]string, 0, 3)
	for _, s := range []string{r.By, r.Text} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if r.Err != nil {
		parts = append(parts, r.Err.Error())
	}
	if len(parts) == 0 {
		return r.Kind.String()
	}
	return oneLine(strings.Join(parts, ": "))
}

// oneLine keeps errors.Join from breaking a line of a log or a probe.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }

// Unwrap returns Err.
func (r *Reason) Unwrap() error { return r.Err }

// Failed reports whether the reason is itself a failure of the process.
func (r *Reason) Failed() bool {
	return r.Kind == StartFailed || r.Kind == ServeFailed || r.Kind == TaskFailed
}

// MarshalJSON writes a Reason with names and its error as text.
func (r *Reason) MarshalJSON() ([]byte, error) {
	signal := ""
	if r.Signal != nil {
		signal = SignalName(r.Signal)
	}
	return json.Marshal(struct {
		Kind   Kind      `json:"kind"`
		Signal string    `json:"signal,omitempty"`
		By     string    `json:"by,omitempty"`
		Text   string    `json:"text,omitempty"`
		Error  string    `json:"error,omitempty"`
		Code   int       `json:"code"`
		At     time.Time `json:"at"`
	}{r.Kind, signal, r.By, r.Text, errText(r.Err), r.Code, r.At})
}

// interactive reports whether a person at a terminal waits for the process to end.
func (r *Reason) interactive() bool { return r.Signal == os.Interrupt }

// complete fills in what the caller may leave out.
func (r *Reason) complete(now time.Time) {
	if r.At.IsZero() {
		r.At = now
	}
	if r.By == "" && r.Signal != nil {
		r.By = SignalName(r.Signal)
	}
	switch {
	case r.Code < 0 || r.Code > 255:
		r.Code = 1
	case r.Code == 0 && (r.Failed() || hasExitCode(r.Err)):
		r.Code = max(ExitCode(r.Err), 1)
	}
}

// SignalName returns the name by which operators know a signal: "SIGTERM",
// not Go's "terminated". A signal it does not know keeps Go's text.
func SignalName(s os.Signal) string { return signalname.Of(s) }

// ExitCode returns the exit code for a process that ends with err: 0 for nil, the
// code of an error in its chain that has a method ExitCode() int, as
// *exec.ExitError has, and otherwise 1. A code outside 1 to 255 becomes 1: the
// system keeps only the low eight bits (exit(3)), so 256 would pass for success.
func ExitCode(err error) int {
	var coder interface{ ExitCode() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &coder) && coder.ExitCode() > 0 && coder.ExitCode() < 256:
		return coder.ExitCode()
	}
	return 1
}

// hasExitCode reports whether err names an exit code.
func hasExitCode(err error) bool {
	var coder interface{ ExitCode() int }
	return errors.As(err, &coder)
}
