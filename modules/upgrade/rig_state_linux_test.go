package upgrade

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"time"
)

func (r *rig) snapshot() (s snapshot) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.ask("snapshot")), &s); err != nil {
		r.t.Fatal(err)
	}
	s.Memory = resident(s.PID)
	return s
}

func (r *rig) status() (s Status) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.ask("status")), &s); err != nil {
		r.t.Fatal(err)
	}
	return s
}

// resident returns the resident memory of a process.
func resident(pid int) int {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	var size, pages int
	_, _ = fmt.Sscan(string(b), &size, &pages)
	return pages * os.Getpagesize()
}

// state returns a snapshot of everything that can be compared.
func (r *rig) state() snapshot {
	r.t.Helper()
	s := r.snapshot()
	s.Memory = 0
	return s
}

// settled returns a snapshot of a process in which nothing is still ending.
func (r *rig) settled() snapshot {
	r.t.Helper()
	last, same := r.state(), 0
	for end := time.Now().Add(patience); same < 3 && time.Now().Before(end); <-time.After(20 * time.Millisecond) { // there is no event for what ends in another process
		now := r.state()
		if same++; !reflect.DeepEqual(now, last) {
			last, same = now, 0
		}
	}
	return last
}

// wantAsBefore waits until everything is as it was. What is ending needs a moment.
func (r *rig) wantAsBefore(before snapshot) {
	r.t.Helper()
	var now snapshot
	for end := time.Now().Add(patience); time.Now().Before(end); <-time.After(20 * time.Millisecond) { // as above
		if now = r.state(); reflect.DeepEqual(now, before) {
			return
		}
	}
	r.t.Errorf("not as before:\n got %+v\nwant %+v", now, before)
}
