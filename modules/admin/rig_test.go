package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// patience is how long a test waits for an event.
const patience = 20 * time.Second

// canary is a secret that must not appear anywhere.
const canary = "canary-7f3a"

type greeting struct {
	Text  string        `config:"text" doc:"what to say"`
	Port  int           `config:"port" reload:"restart"`
	Token config.Secret `config:"token"`
}

// rig is an App with a configuration and this package's server.
type rig struct {
	app    *app.App
	store  *config.Store
	value  *config.Value[greeting]
	server *Server
	file   string
	socket string

	mu    sync.Mutex
	notes []app.Note
}

const firstConfig = "greeting:\n  text: hello\n  port: 1\n  token: " + canary + "\n"

// newRig does not start the App, so that a test can add to it.
func newRig(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	dir := shortDir(t)
	r := &rig{app: app.New("test"), file: filepath.Join(dir, "test.yaml"), socket: filepath.Join(dir, "admin.sock")}
	r.edit(t, firstConfig)
	set := config.NewSet()
	r.value = config.Add[greeting](set, "greeting")
	var err error
	if r.store, err = config.Load(set, config.Source{Name: "test", Files: []string{r.file}, Environ: []string{"X=y"}}); err != nil {
		t.Fatal(err)
	}
	r.app.Handle(app.Reload, func(ctx context.Context, req app.Request) (app.Answer, error) {
		if want := req.Args["if_match"]; want != "" && want != r.store.Snapshot().Hash() {
			return app.Answer{Outcome: app.OutcomeRefused}, errors.New("it is another")
		}
		report := r.store.Reload(ctx, req.By)
		outcome := app.OutcomeDone
		switch {
		case report.Err() != nil:
			outcome = app.OutcomeFailed
		case len(report.PendingRestart) > 0:
			outcome = app.OutcomePending
		case report.Result == config.Unchanged:
			outcome = app.OutcomeUnchanged
		}
		return app.Answer{Outcome: outcome, Text: report.Text(), Detail: report}, report.Err()
	})
	r.app.Observe(func(e app.Event) {
		if n, ok := e.(app.Noted); ok {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.notes = append(r.notes, n.Note)
		}
	})
	c := Config{Addr: r.socket}
	for _, f := range change {
		f(&c)
	}
	r.server = New(r.app, c, r.store, nil)
	t.Cleanup(func() {
		r.app.Stop(app.Reason{Kind: app.Requested, By: "cleanup"})
		select {
		case <-r.app.Done():
		case <-time.After(2 * patience):
			t.Error("it did not end")
		}
	})
	return r
}

func (r *rig) start(t *testing.T) *rig {
	t.Helper()
	if err := r.app.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) edit(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(r.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) noted(text string) (n int, last app.Note) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, note := range r.notes {
		if strings.Contains(note.Text, text) {
			n, last = n+1, note
		}
	}
	return n, last
}

// shortDir returns a temporary directory whose path leaves room for that of a
// socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "adm")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (r *rig) client(t *testing.T) *Client {
	t.Helper()
	c, err := Find(t.Context(), "test", r.server.config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// raw sends a request as it is, and returns status and body.
func (r *rig) raw(t *testing.T, method, path, body string, header map[string]string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	addr := r.server.listener.Addr()
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, addr.Network(), addr.String())
	}}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
