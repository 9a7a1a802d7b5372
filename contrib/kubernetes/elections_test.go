package kubernetes_test

import (
	"os"
	"testing"
	"time"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/kubernetes"
	"github.com/gracefulfx/graceful/modules/leader/leadertest"
)

func TestMain(m *testing.M) {
	if leadertest.Candidate(runCandidate) {
		return
	}
	os.Exit(m.Run())
}

// runCandidate runs a pod of a Deployment in which one pod runs the task "report".
func runCandidate(task app.TaskFunc, lease time.Duration) {
	graceful.Run(graceful.Name("todo"),
		kubernetes.Module(kubernetes.Options{Config: config(os.Getenv("TEST_SERVER")), Namespace: os.Getenv("TEST_NAMESPACE"), Lease: lease}),
		kubernetes.LeaderTask("report", task))
}

func TestElections(t *testing.T) {
	leadertest.Run(t, leadertest.Contract{
		NewStore: func(t *testing.T) leadertest.Store { return newAPIServer(t) },
		Shortest: 3 * time.Second,
	})
}
