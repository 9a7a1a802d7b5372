package leadertest_test

import (
	"fmt"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/leader/leadertest"
)

// The test binary is a candidate only if a Ballot has started it.
func ExampleCandidate() {
	isCandidate := leadertest.Candidate(func(task app.TaskFunc, lease time.Duration) {
		fmt.Println("graceful.Run runs the task with a lease of", lease)
	})
	fmt.Println(isCandidate)
	// Output: false
}
