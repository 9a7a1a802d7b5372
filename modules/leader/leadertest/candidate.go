package leadertest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/leader"
)

// How is what a candidate does while it leads. It reports on standard output.
type How string

// What candidates do.
const (
	// Wait for the end of the context.
	Wait How = "wait"
	// Obey works for every call of Process.Work, and looks at its context before.
	Obey How = "obey"
	// Linger goes on after the end of the context, for as long as it leads.
	Linger How = "linger"
)

// The environment of a candidate.
const (
	howVariable   = "LEADERTEST_HOW"
	leaseVariable = "LEADERTEST_LEASE"
)

// Candidate reports whether this process is a candidate that a Ballot has started.
// If it is, run has been called, which runs an application with a leader's task,
// and has returned.
func Candidate(run func(task app.TaskFunc, lease time.Duration)) bool {
	how := How(os.Getenv(howVariable))
	if how == "" {
		return false
	}
	lease, err := time.ParseDuration(os.Getenv(leaseVariable))
	if err != nil {
		panic(err)
	}
	run(map[How]app.TaskFunc{Wait: wait, Obey: obey, Linger: linger}[how], lease)
	return true
}

// say prints what a Ballot hears.
func say(what string, ctx context.Context) {
	token, err := leader.Token(ctx)
	why := "-"
	var reason *app.Reason
	switch cause := context.Cause(ctx); {
	case errors.Is(err, leader.ErrLost) && (what == lasts || errors.Is(cause, leader.ErrLost)):
		why = Lost
	case errors.As(cause, &reason):
		why = reason.Kind.String()
	case cause != nil:
		why = fmt.Sprintf("%q", cause)
	}
	fmt.Println(what, os.Getpid(), token, time.Now().UnixNano(), why)
}

func wait(ctx context.Context) error {
	say(Begin, ctx)
	<-ctx.Done()
	say(End, ctx)
	return ctx.Err()
}

func obey(ctx context.Context) error {
	say(Begin, ctx)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if ctx.Err() != nil {
			say(End, ctx)
			return ctx.Err()
		}
		say(Work, ctx)
	}
	return nil
}

func linger(ctx context.Context) error {
	say(Begin, ctx)
	<-ctx.Done()
	say(End, ctx)
	for leader.From(ctx).Err() == nil {
		time.Sleep(time.Millisecond)
	}
	say(lasts, ctx)
	return nil
}
