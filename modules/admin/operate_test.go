package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

func TestReloadAnswersWithTheRealOutcome(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	config.OnReload(r.value, "picky", func(_ context.Context, c config.Change[greeting]) (config.Tx, error) {
		if c.New.Text == "no" {
			return config.Tx{}, errors.New("i do not like it")
		}
		return config.Tx{}, nil
	})
	r.start(t)
	hash := r.store.Snapshot().Hash()
	for _, c := range []struct {
		name, file, body string
		status           int
		outcome          app.Outcome
		text             string
	}{
		{"unchanged", firstConfig, "", 200, app.OutcomeUnchanged, ""},
		{"rejected", "greeting: {txt: x}", "{}", 422, app.OutcomeFailed, "test.yaml:1:12"},
		{"vetoed", "greeting: {text: no, port: 1}", "{}", 409, app.OutcomeFailed, "vetoed by picky: i do not like it"},
		{"applied", "greeting: {text: bye, port: 1}", "{}", 200, app.OutcomeDone, "greeting.text"},
		{"pending", "greeting: {text: bye, port: 2}", "{}", 202, app.OutcomePending, "restart needed for greeting.port"},
	} {
		r.edit(t, c.file)
		status, body := r.raw(t, "POST", "/v1/reload", c.body, nil)
		op := decode[Operation](t, body)
		if status != c.status || op.Outcome != c.outcome || !strings.Contains(op.Text, c.text) {
			t.Errorf("%s: got %d %s", c.name, status, body)
		}
		if op.ID == "" || !strings.HasPrefix(op.By, "admin (uid ") {
			t.Errorf("%s: caller and id: got %s", c.name, body)
		}
		if got := decode[config.Report](t, string(op.Detail)); got.Result == "" {
			t.Errorf("%s: no report in %s", c.name, body)
		}
	}
	if r.store.Snapshot().Hash() == hash {
		t.Error("nothing was applied")
	}
}

// An automated client that has read one configuration must not reload another.
func TestReloadOnlyIfTheConfigurationIsTheOneThatWasSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	r.edit(t, "greeting: {text: bye, port: 1}")
	seen := `"` + r.store.Snapshot().Hash() + `"`
	for _, c := range []struct {
		tag    string
		status int
	}{{`"another"`, 409}, {seen, 200}, {seen, 409}, {"*", 200}} {
		if status, body := r.raw(t, "POST", "/v1/reload", "", map[string]string{"If-Match": c.tag}); status != c.status {
			t.Errorf("If-Match %s: got %d %s, want %d", c.tag, status, body, c.status)
		}
	}
	if got := r.value.Get().Text; got != "bye" {
		t.Errorf("in force: got %q", got)
	}
}

func TestCheckAndDiffChangeNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	r.edit(t, "greeting: {text: bye, port: 1}")
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/v1/check", ""}, {"GET", "/v1/config/diff", ""}, {"POST", "/v1/reload", `{"dry_run": true}`},
	} {
		status, body := r.raw(t, c.method, c.path, c.body, nil)
		got := decode[config.Report](t, body)
		if status != 200 || !got.DryRun || len(got.Changed) == 0 {
			t.Errorf("%s %s: got %d %s", c.method, c.path, status, body)
		}
	}
	r.edit(t, "greeting: {port: x}")
	if status, body := r.raw(t, "POST", "/v1/check", "", nil); status != 422 {
		t.Errorf("a wrong file: got %d %s", status, body)
	}
	if got := r.value.Get().Text; got != "hello" {
		t.Errorf("in force: got %q, want hello", got)
	}
}

func TestOneOperationAtATimeAndAClientThatLeaves(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	began, end := make(chan struct{}), make(chan struct{})
	r.app.Handle(app.Upgrade, func(ctx context.Context, _ app.Request) (app.Answer, error) {
		close(began)
		select {
		case <-end:
			return app.Answer{Text: "handed over"}, nil
		case <-ctx.Done():
			return app.Answer{}, context.Cause(ctx)
		}
	})
	r.start(t)
	client := r.client(t)

	ctx, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		_, _ = client.Post(ctx, "/v1/upgrade", struct{}{}, &Operation{})
	}()
	<-began
	leave()
	<-left

	status, body := r.raw(t, "POST", "/v1/reload", "", nil)
	if status != http.StatusConflict || !strings.Contains(body, "reload is refused while upgrade") || strings.Contains(body, "GET /") {
		t.Errorf("the second: got %d %s", status, body)
	}
	n, note := r.noted("admin request refused")
	line := fmt.Sprint(note.Attrs)
	if n != 1 || note.Err == nil || !strings.Contains(line, "by="+peer{known: true, uid: os.Geteuid(), pid: os.Getpid()}.String()) || !strings.Contains(line, "path=/v1/reload") {
		t.Errorf("the second, in the log: got %d lines, %v %s", n, note.Err, line)
	}
	var st Status
	if err := client.Get(t.Context(), "/v1/status", &st); err != nil || st.Operation == nil || st.Operation.Kind != "upgrade" {
		t.Fatalf("the first, whose client has left: got %+v, %v", st.Operation, err)
	}
	close(end)
	var op Operation
	if err := client.Get(t.Context(), "/v1/operations/"+st.Operation.ID+"?wait", &op); err != nil || op.Outcome != app.OutcomeDone || op.Text != "handed over" {
		t.Errorf("found again: got %+v, %v", op, err)
	}
	if status, body := r.raw(t, "GET", "/v1/operations/7-7", "", nil); status != 404 {
		t.Errorf("unknown operation: got %d %s", status, body)
	}
}

func TestCommandsWithoutAHandler(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	for _, path := range []string{"/v1/upgrade", "/v1/log-level"} {
		if status, body := r.raw(t, "POST", path, "", nil); status != http.StatusNotImplemented || !strings.Contains(body, "no module handles") {
			t.Errorf("%s: got %d %s", path, status, body)
		}
	}
}

func TestWhileStartingCommandsAreRefusedAndStatusNamesTheHook(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	began, end := make(chan struct{}), make(chan struct{})
	r.app.Add(app.Hook{Name: "migrations", OnStart: func(context.Context) error { close(began); <-end; return nil }})
	started := make(chan error, 1)
	go func() { started <- r.app.Start(context.Background()) }()
	<-began
	if status, body := r.raw(t, "POST", "/v1/reload", "", nil); status != http.StatusServiceUnavailable {
		t.Errorf("reload: got %d %s", status, body)
	}
	_, body := r.raw(t, "GET", "/v1/status", "", nil)
	st := decode[Status](t, body)
	if st.State != "starting" || st.Readiness.Ready || len(st.Waiting) != 1 || st.Waiting[0].Name != "migrations" || st.Waiting[0].Phase != "resources" {
		t.Errorf("got %s", body)
	}
	for path, want := range map[string]int{"/livez": 200, "/readyz": 503, "/startupz": 503} {
		if status, body := r.raw(t, "GET", path, "", nil); status != want {
			t.Errorf("%s: got %d %s, want %d", path, status, body, want)
		}
	}
	close(end)
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/livez", "/readyz", "/startupz"} {
		if status, body := r.raw(t, "GET", path, "", nil); status != 200 {
			t.Errorf("%s when ready: got %d %s", path, status, body)
		}
	}
}

func TestStopIsAnsweredWhenEverythingElseHasEnded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	closed := false
	r.app.Add(app.Hook{Name: "database", OnStop: func(context.Context) error { closed = true; return nil }})
	r.app.At(app.Drain, "http", func(ctx context.Context) error { app.Count(ctx, "drained", 3); return nil })
	r.start(t)
	status, body := r.raw(t, "POST", "/v1/stop", "", nil)
	op := decode[Operation](t, body)
	if status != 200 || op.Outcome != app.OutcomeDone || !closed || !strings.Contains(op.Text, "3 drained") {
		t.Errorf("got %d %s, database closed %v", status, body, closed)
	}
	if got := decode[Report](t, string(op.Detail)); got.Code != 0 || got.Reason == nil || !strings.HasPrefix(got.Reason.By, "admin (uid") {
		t.Errorf("report: got %+v", got)
	}
	<-r.app.Done()
	if _, err := Find(t.Context(), "test", r.server.config); !errors.Is(err, ErrNotRunning) {
		t.Errorf("afterwards: got %v, want not running", err)
	}
	if report := r.app.Report(); report.Code != 0 {
		t.Errorf("got %v", report)
	}
}

func TestStopThatIsNotCleanSaysWhatFailed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.app.Add(app.Hook{Name: "database", OnStop: func(context.Context) error { return errors.New("disk full") }})
	r.start(t)
	status, body := r.raw(t, "POST", "/v1/stop", "", nil)
	op := decode[Operation](t, body)
	if status != 500 || op.Outcome != app.OutcomeFailed || !strings.Contains(op.Text, "disk full") {
		t.Errorf("got %d %s", status, body)
	}
	if got := decode[Report](t, string(op.Detail)); got.Code != 1 {
		t.Errorf("code: got %d, want 1", got.Code)
	}
}

func TestDrainDoesNotWaitForResources(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	end := make(chan struct{})
	r.app.Add(app.Hook{Name: "database", OnStop: func(context.Context) error { <-end; return nil }})
	r.start(t)
	status, body := r.raw(t, "POST", "/v1/drain", "", nil)
	if op := decode[Operation](t, body); status != 200 || op.Outcome != app.OutcomeDone {
		t.Errorf("got %d %s", status, body)
	}
	again := make(chan string, 1)
	go func() {
		_, body := r.raw(t, "POST", "/v1/stop", `{"now": true}`, nil)
		again <- body
	}()
	for st := (Status{}); len(st.Waiting) == 0; {
		_, body := r.raw(t, "GET", "/v1/status", "", nil)
		st = decode[Status](t, body)
	}
	for deadline := time.Now().Add(patience); len(r.app.Report().Also) == 0 && time.Now().Before(deadline); {
		runtime.Gosched() // until the second stop has arrived: the admin server goes with the first
	}
	close(end)
	select {
	case body := <-again:
		if op := decode[Operation](t, body); op.Outcome != app.OutcomeUnchanged {
			t.Errorf("the second stop: got %s", body)
		}
	case <-time.After(patience):
		t.Error("the second stop was not answered")
	}
}

func TestStatusAfterAReloadIsNotFromBefore(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	revision := func() uint64 {
		_, body := r.raw(t, "GET", "/v1/status", "", nil)
		return decode[Status](t, body).Settings.Revision
	}
	before := revision()
	r.edit(t, "greeting: {text: bye, port: 1}")
	r.raw(t, "POST", "/v1/reload", "", nil)
	if got := revision(); got != before+1 {
		t.Errorf("revision: got %d, want %d", got, before+1)
	}
}
