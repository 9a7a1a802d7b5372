package upgrade

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// upgrade returns the result of an upgrade that succeeds.
func (r *rig) upgrade() Result {
	r.t.Helper()
	answer := r.ask("upgrade")
	var result Result
	if err := json.Unmarshal([]byte(answer), &result); err != nil {
		r.t.Fatalf("upgrade: %s", answer)
	}
	r.await(fmt.Sprintf("^generation %d ended", result.Generation-1))
	r.await(fmt.Sprintf("^generation %d is the only one", result.Generation))
	return result
}

// refused returns the error of an upgrade that fails.
func (r *rig) refused() string {
	r.t.Helper()
	answer := r.ask("upgrade")
	text, ok := strings.CutPrefix(answer, "error ")
	if !ok {
		r.t.Fatalf("upgrade: got %q, want an error", answer)
	}
	return text
}

// retry upgrades once the pause after a failure is over.
func (r *rig) retry() {
	r.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(50 * time.Millisecond) { // nor for the end of the pause
		answer := r.ask("upgrade")
		if strings.Contains(answer, "in a row has just failed") {
			continue
		}
		var result Result
		if err := json.Unmarshal([]byte(answer), &result); err != nil {
			r.t.Fatalf("upgrade after a failure: %s", answer)
		}
		r.await(fmt.Sprintf("^generation %d is the only one", result.Generation))
		return
	}
	r.t.Fatal("the pause after a failure does not end")
}
