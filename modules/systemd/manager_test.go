package systemd

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// manager is a service manager without a socket: it records the messages, and when
// they came.
type manager struct {
	began time.Time
	err   error         // what every send fails with
	knows chan struct{} // closed when barriers are to be answered; nil: at once

	mu   sync.Mutex
	said []notice
}

type notice struct {
	at   time.Duration
	text string
}

var _ managerConn = (*manager)(nil)

func newManager() *manager { return &manager{began: time.Now()} }

func (m *manager) send(text string, _ *os.File) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.said = append(m.said, notice{time.Since(m.began), text})
	return m.err
}

func (m *manager) barrier(ctx context.Context) error {
	_ = m.send("BARRIER=1", nil)
	if m.knows == nil {
		return nil
	}
	select {
	case <-m.knows:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (m *manager) close() {}

// notices returns the messages since the last call.
func (m *manager) notices() []notice {
	m.mu.Lock()
	defer m.mu.Unlock()
	said := m.said
	m.said = nil
	return said
}

// with returns the texts that have an assignment with this prefix.
func with(all []notice, prefix string) (found []string) {
	for _, n := range all {
		if value(n.text, prefix) != "" {
			found = append(found, n.text)
		}
	}
	return found
}

// value returns the assignment in text that begins with prefix.
func value(text, prefix string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); strings.HasPrefix(line, prefix) {
			return line
		}
	}
	return ""
}

// keys turns messages into their keys, without STATUS and timeouts: the order
// in which a manager would see the service change.
func keys(all []notice) (found []string) {
	for _, n := range all {
		var line []string
		for a := range strings.SplitSeq(n.text, "\n") {
			key, v, _ := strings.Cut(a, "=")
			switch key {
			case "STATUS", "EXTEND_TIMEOUT_USEC", "MAINPIDFDID":
			case "READY", "STOPPING", "RELOADING", "WATCHDOG", "BARRIER":
				if v != "1" {
					key += "=" + v
				}
				line = append(line, key)
			default:
				line = append(line, key)
			}
		}
		if len(line) > 0 {
			found = append(found, strings.Join(line, " "))
		}
	}
	return found
}

func sameKeys(t *testing.T, all []notice, want ...string) {
	t.Helper()
	if got := keys(all); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// environment returns an Env of these variables.
func environment(kv ...string) Env {
	vars := map[string]string{}
	for i := 0; i < len(kv); i += 2 {
		vars[kv[i]] = kv[i+1]
	}
	return environmentOf(vars)
}

func environmentOf(vars map[string]string) Env {
	return Env{
		Lookup: func(key string) (string, bool) { v, ok := vars[key]; return v, ok },
		Unset: func(key string) error {
			maps.DeleteFunc(vars, func(k, _ string) bool { return k == key })
			return nil
		},
	}
}

// followed returns an App that m follows.
func followed(m managerConn, c Config) *app.App {
	a := app.New("test")
	if c.Start == nil {
		c.Start = func() time.Duration { return app.DefaultStart().Timeout }
	}
	if c.Stop == nil {
		c.Stop = func() time.Duration { return app.DefaultStop().Timeout }
	}
	n := &Notifier{app: a, conf: c}
	n.connect(m)
	return a
}

// warnings collects the notes of a at this level or above.
type warnings struct {
	mu    sync.Mutex
	texts []string
}

func warningsOf(a *app.App) *warnings {
	w := &warnings{}
	a.Observe(func(e app.Event) {
		if n, ok := e.(app.Noted); ok && n.Note.Level >= 4 {
			w.mu.Lock()
			defer w.mu.Unlock()
			text := n.Note.Text
			if n.Note.Err != nil {
				text += ": " + n.Note.Err.Error()
			}
			w.texts = append(w.texts, text)
		}
	})
	return w
}

func (w *warnings) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.texts)
}

func start(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

func stop(t *testing.T, a *app.App, r app.Reason) {
	t.Helper()
	a.Stop(r)
	<-a.Done()
	synctest.Wait()
}

var sigterm = app.Reason{Kind: app.Signalled, Signal: syscall.SIGTERM}
