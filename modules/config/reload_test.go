package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// rig is a store with a separate file, without the wait for saves.
type rig struct {
	*Store
	path string
	web  *Value[web]
	db   *Value[database]
}

func newRig(t testing.TB, yaml string, change ...func(*Source)) *rig {
	t.Helper()
	r := &rig{path: file(t, "c.yaml", yaml)}
	src := Source{Files: []string{r.path}, Environ: none}
	for _, c := range change {
		c(&src)
	}
	set := NewSet()
	r.web, r.db = Add[web](set, "http", Default(webDefaults)), Add[database](set, "db")
	st, err := Load(set, src)
	if err != nil {
		t.Fatal(err)
	}
	st.catalog.limits = disk.AtStart
	r.Store = st
	return r
}

func (r *rig) edit(t testing.TB, yaml string) Report {
	t.Helper()
	write(t, r.path, yaml)
	return r.Reload(context.Background(), "test")
}

func TestReloadApplies(t *testing.T) {
	r := newRig(t, "http: {port: 1, headers: {gone: x}}\ndb: {path: a}")
	before, db := r.web.Get(), r.db.Get()
	got := r.edit(t, "http:\n  port: 2\n  token: hunter2\n")
	if got.Result != Applied || got.Revision != 2 || got.Trigger != "test" || got.Hash != r.Snapshot().Hash() {
		t.Errorf("got %s", got.JSON())
	}
	want := []Changed{
		{"db.path", `"a"`, `""`, "default"},
		{"http.port", "1", "2", r.path + ":2:3"},
		{"http.headers", `{"X-Default": "yes", "gone": "x"}`, `{"X-Default": "yes"}`, "default"},
		{"http.token", `""`, `"***"`, r.path + ":3:3"},
	}
	if !reflect.DeepEqual(got.Changed, want) {
		t.Errorf("got  %v\nwant %v", got.Changed, want)
	}
	if before.Port != 1 || r.web.Get().Port != 2 || db.Path != "a" || r.db.Get().Path != "" {
		t.Error("the old values changed, or the new ones did not")
	}
	if strings.Contains(string(got.JSON()), "hunter2") {
		t.Errorf("the report shows a secret: %s", got.JSON())
	}
	if got := r.Reload(context.Background(), "test"); got.Result != Unchanged || got.Revision != 2 {
		t.Errorf("got %v, want unchanged", got.Text())
	}
}

func TestSectionWithoutAChangeKeepsItsPointer(t *testing.T) {
	r := newRig(t, "http: {port: 1}\ndb: {path: a}")
	db := r.db.Get()
	r.edit(t, "http: {port: 2}\ndb: {path: a}")
	if r.db.Get() != db {
		t.Error("db was replaced")
	}
}

func TestLastGoodConfigurationStays(t *testing.T) {
	dir := t.TempDir()
	for name, spoil := range map[string]func(path string) error{
		"missing":   os.Remove,
		"empty":     func(p string) error { return os.WriteFile(p, nil, 0o644) },
		"directory": func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o755)) },
		"latin1":    func(p string) error { return os.WriteFile(p, []byte("http: \xe4"), 0o644) },
		"syntax":    func(p string) error { return os.WriteFile(p, []byte("http: ["), 0o644) },
		"key":       func(p string) error { return os.WriteFile(p, []byte("http: {prot: 2}"), 0o644) },
		"type":      func(p string) error { return os.WriteFile(p, []byte("http: {port: x}"), 0o644) },
		"check":     func(p string) error { return os.WriteFile(p, []byte("db: {max_open: 5000}"), 0o644) },
		"large":     func(p string) error { return os.Truncate(p, MaxFileSize+1) },
		"loop": func(p string) error {
			return errors.Join(os.Remove(p), os.Symlink(filepath.Base(p), p))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, filepath.Join(dir, name, "c.yaml"), "http: {port: 1}")
			r := newRig(t, "http: {}", func(s *Source) { s.Files = []string{path} })
			before, snap := r.web.Get(), r.Snapshot()
			if err := spoil(path); err != nil {
				t.Fatal(err)
			}
			got := r.Reload(context.Background(), "SIGHUP")
			if got.Result != Rejected || len(got.Problems) == 0 || got.Problems[0].File != path || got.Revision != 1 {
				t.Errorf("got %s, want it rejected with a problem in %s", got.JSON(), path)
			}
			if r.web.Get() != before || r.Snapshot() != snap {
				t.Error("something changed")
			}
			if !strings.Contains(got.Text(), "revision 1 stays in force") {
				t.Errorf("got %q", got.Text())
			}
		})
	}
}

func TestReloadWithoutAnyFileSaysSo(t *testing.T) {
	t.Chdir(t.TempDir())
	r := newRig(t, "", func(s *Source) { s.Name, s.Files = "todo", nil })
	got := r.Reload(context.Background(), "SIGHUP")
	want := "unchanged: no config file; name one with TODO_CONFIG_FILE, or create todo.yaml in the working directory"
	if got.Text() != want || got.Err() != nil {
		t.Errorf("got  %q, %v\nwant %q", got.Text(), got.Err(), want)
	}
	write(t, "todo.yaml", "http: {port: 5}")
	if got := r.Reload(context.Background(), "SIGHUP"); got.Result != Applied || r.web.Get().Port != 5 {
		t.Errorf("got %q, want the new file in force", got.Text())
	}
	if err := os.Rename("todo.yaml", "todo.json"); err != nil {
		t.Fatal(err)
	}
	if got := r.Reload(context.Background(), "SIGHUP"); got.Result != Rejected || r.web.Get().Port != 5 {
		t.Errorf("got %q, want it rejected: the file in force is gone", got.Text())
	}
}

func TestRestartOnlySettingsKeepTheValueInForce(t *testing.T) {
	r := newRig(t, "http: {addr: old, port: 1}")
	got := r.edit(t, "http: {addr: new, port: 2}")
	want := []Changed{{"http.addr", `"old"`, `"new"`, r.path + ":1:8"}}
	if got.Result != Applied || !reflect.DeepEqual(got.PendingRestart, want) {
		t.Errorf("got %s", got.JSON())
	}
	if w := r.web.Get(); w.Addr != "old" || w.Port != 2 {
		t.Errorf("got %s %d, want old 2", w.Addr, w.Port)
	}
	if got := r.Reload(context.Background(), "again"); got.Result != Unchanged || !reflect.DeepEqual(got.PendingRestart, want) {
		t.Errorf("got %s, want it still pending", got.JSON())
	}
	if got := r.edit(t, "http: {addr: old, port: 2}"); got.Result != Unchanged || got.PendingRestart != nil {
		t.Errorf("got %s, want nothing pending", got.JSON())
	}

	r = newRig(t, "http: {addr: old, port: 1}", func(s *Source) { s.Pending = Reject })
	if got := r.edit(t, "http: {addr: new, port: 2}"); got.Result != Rejected || r.web.Get().Port != 1 || got.Problems[0].Line != 1 || got.Problems[0].Col != 8 {
		t.Errorf("got %s, want it rejected", got.JSON())
	}
}

func TestSubscribersFollowOrNobodyDoes(t *testing.T) {
	var mu sync.Mutex // the abandoned one goes on by itself
	var log []string
	write := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		log = append(log, s)
	}
	note := func(s string) func() { return func() { write(s) } }
	prepare := func(name string, then func(ctx context.Context) error) func(context.Context, Change[web]) (Tx, error) {
		return func(ctx context.Context, c Change[web]) (Tx, error) {
			write("prepare " + name)
			var err error
			if then != nil {
				err = then(ctx)
			}
			return Tx{Commit: note("commit " + name), Rollback: note("rollback " + name)}, err
		}
	}
	tests := []struct {
		name string
		last func(ctx context.Context) error
		want string
		why  string
	}{
		{"all agree", nil, "prepare a, prepare b, prepare c, commit a, commit b, commit c", ""},
		{"error", func(context.Context) error { return errors.New("no") }, "prepare a, prepare b, prepare c, rollback c, rollback b, rollback a", "no"},
		{"panic", func(context.Context) error { panic("boom") }, "prepare a, prepare b, prepare c, rollback b, rollback a", "panic: boom"},
		{"deadline", func(ctx context.Context) error { <-ctx.Done(); return nil }, "prepare a, prepare b, prepare c, rollback c, rollback b, rollback a", "did not prepare in time"},
		{"deaf to the deadline", func(context.Context) error { time.Sleep(time.Minute); return nil }, "prepare a, prepare b, prepare c, rollback b, rollback a, rollback c", "was abandoned"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log = nil
			r := newRig(t, "http: {port: 1}")
			synctest.Test(t, func(t *testing.T) {
				OnReload(r.web, "a", prepare("a", nil))
				OnReload(r.web, "b", prepare("b", nil))
				OnReload(r.web, "c", prepare("c", tt.last))
				OnReload(r.db, "db", func(context.Context, Change[database]) (Tx, error) {
					t.Error("db did not change")
					return Tx{}, nil
				})
				r.running = make(chan struct{}, 1) // of this bubble
				got := r.edit(t, "http: {port: 2}")
				time.Sleep(2 * time.Minute) // of the bubble: the deaf one has returned
				synctest.Wait()
				if s := strings.Join(log, ", "); s != tt.want {
					t.Errorf("got  %s\nwant %s", s, tt.want)
				}
				if tt.why == "" && (got.Result != Applied || r.web.Get().Port != 2) {
					t.Errorf("got %s, want it applied", got.Text())
				}
				if tt.why != "" && (got.Result != Vetoed || got.VetoedBy != "c" || !strings.Contains(got.Reason, tt.why) || r.web.Get().Port != 1) {
					t.Errorf("got %s, want a veto of c: %s", got.Text(), tt.why)
				}
			})
		})
	}
}

// A constructor may return the same map and list every time.
func TestDefaultsAreNeverSharedBetweenGenerations(t *testing.T) {
	shared := webDefaults()
	set := NewSet()
	v := Add[web](set, "http", Default(func() web { return shared }))
	path := file(t, "c.yaml", "http: {headers: {a: one}, hosts: [x], port: 1}")
	st, err := Load(set, Source{Files: []string{path}, Environ: none})
	if err != nil {
		t.Fatal(err)
	}
	st.catalog.limits = disk.AtStart
	first := v.Get()
	write(t, path, "http: {headers: {b: two}, port: 2}")
	if r := st.Reload(t.Context(), "test"); r.Result != Applied {
		t.Fatal(r.Text())
	}
	want := []map[string]string{{"X-Default": "yes"}, {"X-Default": "yes", "a": "one"}, {"X-Default": "yes", "b": "two"}}
	if got := []map[string]string{shared.Headers, first.Headers, v.Get().Headers}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !reflect.DeepEqual(first.Hosts, []string{"x"}) || !reflect.DeepEqual(v.Get().Hosts, []string{"d1"}) {
		t.Errorf("got %v and then %v", first.Hosts, v.Get().Hosts)
	}
}

func TestVetoThatNamesASettingPointsAtItsLine(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	OnReload(r.web, "server", func(_ context.Context, c Change[web]) (Tx, error) {
		return Tx{}, errors.Join(Invalid("port", "%d is taken", c.New.Port), errors.New("and so on"))
	})
	got := r.edit(t, "http:\n  on: true\n  port: 2\n")
	want := "vetoed by server: " + r.path + ":3:3: http.port: 2 is taken; revision 1 stays in force"
	if got.Result != Vetoed || got.Text() != want || len(got.Problems) != 1 {
		t.Errorf("got  %s, %v\nwant %s", got.Text(), got.Problems, want)
	}
}

// Who wraps an error of another package names the setting in words.
func TestVetoThatNamesASettingInWordsPointsAtItsLine(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	OnReload(r.web, "server", func(context.Context, Change[web]) (Tx, error) {
		return Tx{}, errors.Join(fmt.Errorf("http.port: %w", fs.ErrExist), errors.New("http.porter: and so on"))
	})
	got := r.edit(t, "http:\n  on: true\n  port: 2\n")
	want := "vetoed by server: " + r.path + ":3:3: http.port: file already exists; revision 1 stays in force"
	if got.Result != Vetoed || got.Text() != want || len(got.Problems) != 1 {
		t.Errorf("got  %s, %v\nwant %s", got.Text(), got.Problems, want)
	}
}

func TestPanicInCommitIsReportedAndOthersGoOn(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	committed := false
	OnReload(r.web, "bad", func(context.Context, Change[web]) (Tx, error) { return Tx{Commit: func() { panic("late") }}, nil })
	OnReload(r.web, "good", func(context.Context, Change[web]) (Tx, error) {
		return Tx{Commit: func() { committed = true }}, nil
	})
	if got := r.edit(t, "http: {port: 2}"); got.Result != Applied || !committed || !reflect.DeepEqual(got.Degraded, []string{"bad"}) {
		t.Errorf("got %s, committed %v", got.JSON(), committed)
	}
}

func TestChangeNamesItsKeys(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	OnReload(r.web, "s", func(_ context.Context, c Change[web]) (Tx, error) {
		if c.Old.Port != 1 || c.New.Port != 2 || !c.Touched("port") || !c.Touched("tls") || c.Touched("hosts", "po") {
			t.Errorf("got %+v", c)
		}
		return Tx{}, nil
	})
	r.edit(t, "http: {port: 2, tls: {min_version: x}}")
}

func TestReloadsOnTheWayAreShared(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	entered, leave := make(chan struct{}), make(chan struct{})
	OnReload(r.web, "slow", func(context.Context, Change[web]) (Tx, error) {
		entered <- struct{}{}
		<-leave
		return Tx{}, nil
	})
	write(t, r.path, "http: {port: 2}")
	first := make(chan Report)
	go func() { first <- r.Reload(context.Background(), "first") }()
	<-entered
	write(t, r.path, "http: {port: 3}")
	rest := make(chan Report)
	for range 100 {
		go func() { rest <- r.Reload(context.Background(), "rest") }()
	}
	for waiting := false; !waiting; {
		r.mu.Lock()
		waiting = r.queued != nil
		r.mu.Unlock()
	}
	leave <- struct{}{}
	<-first
	<-entered
	leave <- struct{}{}
	for range 100 {
		if got := <-rest; got.Err() != nil || got.Revision != 3 {
			t.Errorf("got %s", got.Text())
		}
	}
	if got := r.web.Get().Port; got != 3 {
		t.Errorf("got port %d, want 3", got)
	}
}

func TestReloadIsRefusedWhenTheCallerGivesUp(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	ctx, cancel := context.WithCancelCause(context.Background())
	stopping := errors.New("stopping")
	rolledBack := false
	OnReload(r.web, "a", func(context.Context, Change[web]) (Tx, error) {
		cancel(stopping)
		return Tx{Rollback: func() { rolledBack = true }}, nil
	})
	write(t, r.path, "http: {port: 2}")
	for _, when := range []string{"in the middle", "before"} {
		if got := r.Reload(ctx, "x"); got.Result != Refused || !errors.Is(got.Err(), stopping) || r.web.Get().Port != 1 {
			t.Errorf("%s: got %s, want it refused", when, got.JSON())
		}
	}
	if !rolledBack {
		t.Error("what was prepared was not rolled back")
	}
}

// Such a reload must be in the metrics, and the last report must be about it.
func TestReloadWhoseCallerGivesUpWhileItWaitsIsCountedAndRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "http: {port: 1}")
		gate := make(chan struct{})
		OnReload(r.web, "slow", func(context.Context, Change[web]) (Tx, error) {
			<-gate
			return Tx{}, nil
		})
		write(t, r.path, "http: {port: 2}")
		reload := func(by string) (gaveUp context.CancelCauseFunc, got chan Report) {
			ctx, cancel := context.WithCancelCause(t.Context())
			got = make(chan Report, 1)
			go func() { got <- r.Reload(ctx, by) }()
			synctest.Wait()
			return cancel, got
		}
		_, first := reload("first")
		leaderGivesUp, leader := reload("leader")
		followerGivesUp, follower := reload("follower")
		_, patient := reload("patient")
		why := errors.New("no time")
		for by, x := range map[string]struct {
			giveUp context.CancelCauseFunc
			got    chan Report
		}{"follower": {followerGivesUp, follower}, "leader": {leaderGivesUp, leader}} {
			x.giveUp(why)
			got := <-x.got
			if last := r.Last(); got.Result != Refused || got.Trigger != by || !errors.Is(got.Err(), why) || !reflect.DeepEqual(last, got) {
				t.Errorf("%s: got %s, and recorded %s", by, got.JSON(), last.JSON())
			}
		}
		close(gate)
		if got := <-first; got.Result != Applied {
			t.Errorf("first: got %s", got.Text())
		}
		if got := <-patient; got.Result != Unchanged {
			t.Errorf("patient: got %s", got.Text())
		}
		refused := map[string]float64{}
		for _, f := range r.Metrics() {
			if f.Name == "config_reloads_total" && f.Labels[3] == string(Refused) {
				refused[f.Labels[1]] = f.Value
			}
		}
		if want := map[string]float64{"leader": 1, "follower": 1}; !reflect.DeepEqual(refused, want) {
			t.Errorf("got %v refused, want %v", refused, want)
		}
	})
}

func TestDryRunChangesNothing(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	OnReload(r.web, "a", func(context.Context, Change[web]) (Tx, error) {
		t.Error("a subscriber was asked")
		return Tx{}, nil
	})
	write(t, r.path, "http: {port: 2}")
	if got := r.DryRun(context.Background(), "x"); got.Result != Applied || !got.DryRun || len(got.Changed) != 1 || got.Revision != 1 {
		t.Errorf("got %s", got.JSON())
	}
	if r.web.Get().Port != 1 || len(r.History()) != 1 {
		t.Error("it changed something")
	}
}

func TestCommentOnlyChangeMovesTheHash(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	hash := r.Snapshot().Hash()
	if got := r.edit(t, "http: {port: 1} # one"); got.Result != Unchanged || got.Revision != 1 || got.Hash == hash || r.Snapshot().Hash() != got.Hash {
		t.Errorf("got %s", got.JSON())
	}
}

func TestHistoryKeepsTenRevisions(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	for i := range 12 {
		r.edit(t, "http: {gen: "+string(rune('a'+i))+"}") // rejected, not a revision
		r.edit(t, "http: {limit: "+string(rune('0'+i%10))+"}")
	}
	past := r.History()
	if len(past) != 10 || past[9].Revision != 13 || past[0].Revision != 4 {
		t.Errorf("got %d revisions, %d to %d; want 10, 4 to 13", len(past), past[0].Revision, past[len(past)-1].Revision)
	}
}

func TestPinnedRequestSeesOneRevision(t *testing.T) {
	r := newRig(t, "http: {port: 1}\ndb: {path: a}")
	ctx := r.Pin(context.Background())
	r.edit(t, "http: {port: 2}\ndb: {path: b}")
	if w, d := r.web.From(ctx), r.db.From(r.Pin(ctx)); w.Port != 1 || d.Path != "a" {
		t.Errorf("got %d %s, want 1 a", w.Port, d.Path)
	}
	if w := r.web.From(context.Background()); w.Port != 2 {
		t.Errorf("got %d, want 2", w.Port)
	}
	if s := Static(web{Port: 7}); s.From(ctx).Port != 7 || s.Get().Port != 7 {
		t.Error("a static value is not itself")
	}
}

func TestChangedCertificateIsAChange(t *testing.T) {
	r := newRig(t, "http: {tls: {cert_file: cert.pem}}", func(s *Source) {
		write(t, filepath.Join(filepath.Dir(s.Files[0]), "cert.pem"), "one")
	})
	hash := r.Snapshot().Hash()
	write(t, filepath.Join(filepath.Dir(r.path), "cert.pem"), "two")
	got := r.Reload(context.Background(), "x")
	if got.Result != Applied || len(got.Changed) != 1 || got.Changed[0].Key != "http.tls.cert_file" || got.Hash == hash {
		t.Errorf("got %s", got.JSON())
	}
	if string(r.web.Get().TLS.Cert.Bytes()) != "two" {
		t.Error("the old certificate is in force")
	}
}

func TestMetrics(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	r.edit(t, "http: {port: x}")
	at := func(name string, labels ...string) float64 {
		for _, f := range r.Metrics() {
			if f.Name == name && (len(labels) == 0 || reflect.DeepEqual(f.Labels, labels)) {
				return f.Value
			}
		}
		return -1
	}
	if at("config_last_reload_successful") != 0 || at("config_drift") != 1 || at("config_reloads_total", "trigger", "test", "result", "rejected") != 1 {
		t.Errorf("got %+v", r.Metrics())
	}
	r.edit(t, "http: {port: 1}") // as it was
	if at("config_last_reload_successful") != 1 || at("config_drift") != 0 || at("config_last_reload_success_timestamp_seconds") < float64(time.Now().Unix()-60) {
		t.Errorf("got %+v", r.Metrics())
	}
}

// touchy can be read, but not be shown.
type touchy string

func (t *touchy) UnmarshalText(text []byte) error { *t = touchy(text); return nil }
func (t touchy) MarshalText() ([]byte, error) {
	if t == "bad" {
		panic("boom")
	}
	return []byte(t), nil
}

func TestPanicOnTheWayIsRejected(t *testing.T) {
	set, path := NewSet(), file(t, "c.yaml", "a: {x: good}")
	v := Add[struct{ X touchy }](set, "a")
	st, err := Load(set, Source{Files: []string{path}, Environ: none})
	if err != nil {
		t.Fatal(err)
	}
	st.catalog.limits = disk.AtStart
	write(t, path, "a: {x: bad}")
	got := st.Reload(t.Context(), "test")
	if got.Result != Rejected || !strings.Contains(got.Text(), "boom") || v.Get().X != "good" {
		t.Errorf("got %s, %s in force", got.Text(), v.Get().X)
	}
	write(t, path, "a: {x: better}")
	if got := st.Reload(t.Context(), "test"); got.Result != Applied || v.Get().X != "better" {
		t.Errorf("got %s, want the next one applied", got.Text())
	}
}
