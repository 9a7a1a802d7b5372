//go:build unix

package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The promises of the service, on the real program.
func TestTheLifeOfTheService(t *testing.T) {
	file := filepath.Join(t.TempDir(), "todo.yaml")
	db := filepath.Join(t.TempDir(), "todo.db")
	settings(t, file, "ui: {title: Groceries}")
	p := run(t, file, db)

	first := p.post(t, `{"title":"milk"}`, "k1")
	events := listen(t, p.url, "0")
	expectEvents(t, events, "retry: 200", fmt.Sprintf(`event: status data: {"title":"Groceries","generation":1,"pid":%d,"revision":1}`, p.cmd.Process.Pid),
		`id: 1 event: created data: {"id":1,"title":"milk","done":false,"version":1}`)

	// A reload is seen at once; one with a mistake changes nothing.
	settings(t, file, "ui: {title: Shopping}\nlimits: {max_todos: 1}\ntodo: {slow_endpoint: true}")
	p.signal(t, syscall.SIGHUP)
	expectEvents(t, events, fmt.Sprintf(`event: status data: {"title":"Shopping","generation":1,"pid":%d,"revision":2}`, p.cmd.Process.Pid))
	settings(t, file, "ui: {title: Mistake}\nlimits: {max_todos: many}")
	p.signal(t, syscall.SIGHUP)
	p.await(t, "todo.yaml:2")
	if got := p.post(t, `{"title":"bread"}`, ""); !strings.HasPrefix(got, "409 ") {
		t.Errorf("got %s, want 409: the limit of the last good file", got)
	}

	// A stop lets the request in flight finish, and the stream say goodbye.
	slow := p.begin(t, "/api/slow?d=500ms")
	p.signal(t, syscall.SIGTERM)
	expectEvents(t, events, "event: draining data: {}")
	if got, want := <-slow, `200 {"slept":"500ms"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("got %v, want exit code 0", err)
	}

	// The next process has everything: a client that resumes misses nothing, and
	// one that repeats a request creates nothing twice.
	settings(t, file, "ui: {title: Again}")
	p = run(t, file, db)
	if again := p.post(t, `{"title":"milk"}`, "k1"); again != first {
		t.Errorf("got %s, want the first answer %s", again, first)
	}
	p.post(t, `{"title":"bread"}`, "")
	events = listen(t, p.url, "1")
	expectEvents(t, events, "retry: 200", fmt.Sprintf(`event: status data: {"title":"Again","generation":1,"pid":%d,"revision":1}`, p.cmd.Process.Pid),
		`id: 2 event: created data: {"id":2,"title":"bread","done":false,"version":1}`)
	p.signal(t, syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("got %v, want exit code 0", err)
	}
}

func settings(t *testing.T, file, text string) {
	t.Helper()
	part := file + ".part"
	if err := os.WriteFile(part, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(part, file); err != nil {
		t.Fatal(err)
	}
}

// run starts the program and waits until it is ready.
func run(t *testing.T, file, db string) *process {
	t.Helper()
	p := start(t, "main", "TODO_CONFIG_FILE="+file, "TODO_DB_PATH="+db, "TODO_HTTP_ADDR=127.0.0.1:0", "TODO_HTTP_LINGER=100ms")
	_, link, _ := strings.Cut(p.await(t, "the page is at "), "the page is at ")
	p.url, _, _ = strings.Cut(link, `/"`)
	p.await(t, `"ready"`)
	return p
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// post creates a todo and returns status and body.
func (p *process) post(t *testing.T, body, key string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", p.url+"/api/todos", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", key)
	return answer(r)
}

// begin sends a request and returns when it is on its way. The channel gets its
// outcome.
func (p *process) begin(t *testing.T, path string) <-chan string {
	t.Helper()
	sent := make(chan struct{})
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	go func() { got <- answer(r) }()
	<-sent
	return got
}

func answer(r *http.Request) string {
	resp, err := client.Do(r)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, strings.TrimSpace(string(body)))
}
