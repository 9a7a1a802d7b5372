package etcd_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/etcd"
	"github.com/gracefulfx/graceful/modules/config"
)

// quick are stages that do not make a test wait.
func quick(name string) etcd.Options {
	return etcd.Options{Staged: etcd.Staged{Stages: "1", Instance: name,
		Soak: 100 * time.Millisecond, Timeout: time.Minute, Jitter: time.Millisecond, Lease: 2 * time.Second}}
}

// small is a fleet of instances in this process.
type small struct {
	t   *testing.T
	s   *store
	all map[string]*instance
}

func newSmall(t *testing.T, names ...string) *small {
	f := &small{t, newStore(t), map[string]*instance{}}
	f.s.put("limits: {size: 1}")
	for _, name := range names {
		f.all[name] = newInstance(t, f.s.line.Addr().String(), t.TempDir(), quick(name))
	}
	return f
}

func (f *small) start() {
	for _, x := range f.all {
		x.Start()
	}
	f.await(func(s etcd.FleetStatus) bool { return s.Phase == "steady" && ready(s) == len(f.all) })
}

func (f *small) stop() {
	for _, x := range f.all {
		x.Stop()
	}
}

func ready(s etcd.FleetStatus) (n int) {
	for _, m := range s.Instances {
		if m.State == "ready" {
			n++
		}
	}
	return n
}

// await waits until an instance answers "fleet status" with what ok accepts.
func (f *small) await(ok func(etcd.FleetStatus) bool) etcd.FleetStatus {
	f.t.Helper()
	var last etcd.FleetStatus
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(10 * time.Millisecond) { // etcd has no event for a test
		for _, x := range f.all {
			ans, err := x.Do(f.t.Context(), app.Request{Command: "fleet status", By: "test"})
			if err != nil {
				f.t.Fatal(err)
			}
			if last = ans.Detail.(etcd.FleetStatus); ok(last) {
				return last
			}
			break
		}
	}
	f.t.Fatalf("the fleet did not get there:\n%s", last.Text)
	return last
}

func TestADocumentComesInStages(t *testing.T) {
	f := newSmall(t, "a", "b", "c")
	taken := make(chan string, 10)
	for name, x := range f.all {
		config.OnReload(x.limits, "witness", func(context.Context, config.Change[limits]) (config.Tx, error) {
			taken <- name
			return config.Tx{}, nil
		})
	}
	f.start()
	defer f.stop()
	revision := f.s.put("limits: {size: 2}")
	s := f.await(func(s etcd.FleetStatus) bool { return s.Phase == "steady" && s.Good == revision })
	if len(s.Instances) != 3 {
		t.Errorf("got %s", s.Text)
	}
	for _, x := range f.all {
		x.awaitSize(t, 2)
	}
	if n := len(taken); n != 3 {
		t.Errorf("%d instances have taken it, want 3", n)
	}
}

func TestARejectedDocumentIsTakenBack(t *testing.T) {
	f := newSmall(t, "a", "b", "c")
	taken := make(chan int, 10)
	for _, x := range f.all {
		config.OnReload(x.limits, "judge", func(_ context.Context, c config.Change[limits]) (config.Tx, error) {
			taken <- c.New.Size
			if c.New.Size == 13 {
				return config.Tx{}, errors.New("not that")
			}
			return config.Tx{}, nil
		})
	}
	f.start()
	defer f.stop()
	good := f.await(func(s etcd.FleetStatus) bool { return s.Phase == "steady" }).Good
	f.s.put("limits: {size: 13}")
	s := f.await(func(s etcd.FleetStatus) bool { return s.Phase == "halted" })
	if s.Good != good || !strings.Contains(s.Why, "vetoed by judge: not that") {
		t.Errorf("got %s", s.Text)
	}
	for _, x := range f.all {
		x.wantSize(t, 1)
		x.wantNote(t, "the new document has failed")
	}
	if n := len(taken); n != 1 {
		t.Errorf("%d instances were asked, want the canary alone", n)
	}
	f.s.put("limits: {size: 3}")
	for _, x := range f.all {
		x.awaitSize(t, 3)
	}
	f.await(func(s etcd.FleetStatus) bool { return s.Phase == "steady" && ready(s) == 3 })
}

func TestWrongStagesAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		variable, value string
		want            string
	}{
		"shares that do not rise":       {"STAGES", "10%, 50%, 20%", "20% stands after 50%: each stage must be more than the one before"},
		"none":                          {"STAGES", "0", "0 is no instance"},
		"more than all":                 {"STAGES", "150%", "150% is more than all"},
		"a word":                        {"STAGES", "few", `"few" is neither a number of instances, such as 1, nor a share, such as 10%`},
		"a duration without a unit":     {"SOAK", "30", `TODO_ETCD_SOAK is "30": write a duration, such as 30s`},
		"a negative duration":           {"JITTER", "-1s", `TODO_ETCD_JITTER is "-1s"`},
		"a lease that etcd cannot keep": {"LEASE", "10ms", "a lease of 10ms (TODO_ETCD_LEASE)"},
		"less time than the jitter":     {"STAGE_TIMEOUT", "1s", "a stage times out after 1s, and an instance waits up to 5s"},
		"a name that looks like a path": {"INSTANCE", "a/b", `the instance "a/b"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TODO_ETCD_STAGES", "1")
			t.Setenv("TODO_ETCD_"+tt.variable, tt.value)
			err := build("127.0.0.1:1", t.TempDir(), etcd.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// A state that is not ours stops the rollout, and not the service.
func TestAStateThatIsNotUnderstood(t *testing.T) {
	f := newSmall(t, "a")
	f.start()
	defer f.stop()
	if _, err := f.s.direct.Put(t.Context(), key+".fleet/state", `{"schema":99}`); err != nil {
		t.Fatal(err)
	}
	x := f.all["a"]
	x.wantNote(t, "the state of the fleet is not understood")
	f.s.put("limits: {size: 2}")
	if s := f.await(func(s etcd.FleetStatus) bool { return s.Phase == "unknown" }); !strings.Contains(s.Text, "schema 99") {
		t.Errorf("got %s", s.Text)
	}
	x.wantSize(t, 1)
	if _, err := f.s.direct.Delete(t.Context(), key+".fleet/state"); err != nil {
		t.Fatal(err)
	}
	x.awaitSize(t, 2)
}
