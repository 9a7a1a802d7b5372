package etcd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/etcd"
)

// runCandidate is a process of a fleet in which one runs the task "report". It
// says on standard output what becomes of that.
func runCandidate() {
	lease, err := time.ParseDuration(os.Getenv("TEST_LEASE"))
	if err != nil {
		panic(err)
	}
	task := report
	if os.Getenv("TEST_CANDIDATE") == "obey" {
		task = obey
	}
	graceful.Run(graceful.Name("todo"),
		etcd.Module(etcd.Options{Optional: true, Lease: lease, StartTimeout: time.Minute}),
		etcd.LeaderTask("report", task))
}

func say(what string, ctx context.Context) {
	token, err := etcd.FencingToken(ctx)
	why := "-"
	var reason *app.Reason
	switch cause := context.Cause(ctx); {
	case errors.As(cause, &reason):
		why = reason.Kind.String()
	case errors.Is(cause, etcd.ErrLost) && errors.Is(err, etcd.ErrLost):
		why = "lost"
	case cause != nil:
		why = strings.ReplaceAll(cause.Error(), " ", "_")
	}
	fmt.Println(what, os.Getpid(), token, time.Now().UnixNano(), why)
}

func report(ctx context.Context) error {
	say("begin", ctx)
	<-ctx.Done()
	say("end", ctx)
	return ctx.Err()
}

// obey works for every line of standard input, and looks at its context before.
func obey(ctx context.Context) error {
	say("begin", ctx)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if ctx.Err() != nil {
			say("end", ctx)
			return ctx.Err()
		}
		say("work", ctx)
	}
	return nil
}
