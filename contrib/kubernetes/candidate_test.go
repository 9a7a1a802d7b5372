package kubernetes_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/kubernetes"
)

func TestMain(m *testing.M) {
	if os.Getenv("TEST_CANDIDATE") != "" {
		runCandidate()
		return
	}
	os.Exit(m.Run())
}

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
		kubernetes.Module(kubernetes.Options{
			Config: config(os.Getenv("TEST_SERVER"), os.Getenv("TEST_NAME")), Namespace: namespace, Lease: lease,
		}),
		kubernetes.LeaderTask("report", task))
}

func say(what string, ctx context.Context) {
	token, err := kubernetes.FencingToken(ctx)
	why := "-"
	var reason *app.Reason
	switch cause := context.Cause(ctx); {
	case errors.As(cause, &reason):
		why = reason.Kind.String()
	case errors.Is(cause, kubernetes.ErrLost) && errors.Is(err, kubernetes.ErrLost):
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
