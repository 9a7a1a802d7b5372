//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// Three upgrades under clients that write without a pause and never repeat a
// request, and one that listens: no request fails, nothing is written twice, and
// the listener sees every single change, in order, in one stream.
func TestUpgradesUnderLoadLoseNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "todo.yaml")
	settings(t, file, "log: {level: info}")
	p := run(t, file, filepath.Join(t.TempDir(), "todo.db"))
	l := &listener{url: p.url, titles: map[string]bool{}}
	l.connect(t)
	t.Cleanup(func() {
		if t.Failed() {
			p.cmd.Process.Kill()
			said, _ := io.ReadAll(p.out)
			t.Logf("they said: %s", said)
		}
	})
	defer func() { syscall.Kill(l.status.PID, syscall.SIGKILL) }()         // if the test ends early
	settings(t, file, "log: {level: error}\nlimits: {max_todos: 1000000}") // the log is not read from here on
	p.signal(t, syscall.SIGHUP)
	for l.status.Revision < 2 {
		l.next(t)
	}

	var written, failed atomic.Int64
	var clients sync.WaitGroup
	stop := make(chan struct{})
	finish := sync.OnceFunc(func() { close(stop); clients.Wait() })
	defer finish()
	for c := range 4 {
		clients.Go(func() {
			keepAlive := &http.Client{Transport: &http.Transport{}}
			defer keepAlive.CloseIdleConnections()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				resp, err := keepAlive.Post(p.url+"/api/todos", "application/json", strings.NewReader(fmt.Sprintf(`{"title":"%d-%d"}`, c, i)))
				if err == nil {
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				if err != nil || resp.StatusCode != http.StatusCreated {
					t.Errorf("client %d, write %d: %v, %v", c, i, resp, err)
					failed.Add(1)
					return
				}
				written.Add(1)
			}
		})
	}

	const generations, pace = 4, 100
	for generation := 1; ; generation++ {
		for from := l.seen; l.seen < from+pace; {
			l.next(t)
		}
		if generation == generations {
			break
		}
		for l.status.Generation == generation {
			// A generation whose predecessor still drains refuses; the test tries
			// again a hundred writes later.
			if err := syscall.Kill(l.status.PID, syscall.SIGUSR2); err != nil {
				t.Fatal(err)
			}
			for from := l.seen; l.seen < from+pace; {
				if l.next(t) == "draining" {
					t.Fatal("the stream says goodbye at an upgrade")
				}
			}
		}
	}
	finish()
	for int64(l.seen) < written.Load() {
		l.next(t)
	}
	if failed.Load() > 0 || int64(l.seen) != written.Load() || len(l.titles) != l.seen {
		t.Errorf("got %d failed, %d written, %d seen, %d different ones; want none failed, the others equal",
			failed.Load(), written.Load(), l.seen, len(l.titles))
	}
	t.Logf("%d writes over %d generations", written.Load(), generations)

	if err := syscall.Kill(l.status.PID, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for l.next(t) != "draining" {
	}
	io.Copy(io.Discard, p.out) // ends with the last generation
}

// The successor cannot migrate: here because another process locks the database,
// which it does not wait for.
func TestASuccessorThatCannotMigrateChangesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "todo.yaml")
	settings(t, file, "ui: {title: Groceries}")
	db := filepath.Join(t.TempDir(), "todo.db")
	p := run(t, file, db)
	p.post(t, `{"title":"milk"}`, "")

	settings(t, file, "db: {busy_timeout: 20ms}")
	tx, err := openStoreAt(t, db).write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	p.signal(t, syscall.SIGUSR2)
	if line := p.await(t, `"msg":"upgrade `); !strings.Contains(line, "locked by another program") {
		t.Errorf("got %s, want a refusal with the reason", line)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := p.post(t, `{"title":"bread"}`, ""); !strings.HasPrefix(got, "201 ") {
		t.Errorf("got %s, want 201 from the old generation", got)
	}
	p.signal(t, syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("got %v, want exit code 0", err)
	}
}

// listener follows the stream of events as a browser does.
type listener struct {
	url    string
	events *bufio.Scanner
	status Status
	seen   int // id of the last change
	titles map[string]bool
}

// connect takes the stream up where it was left, and reads the status.
func (l *listener) connect(t *testing.T) {
	t.Helper()
	l.events = listen(t, l.url, strconv.Itoa(l.seen))
	for l.next(t) != "status" {
	}
}

// next reads one event and returns its kind. After "draining" there is none.
func (l *listener) next(t *testing.T) (kind string) {
	t.Helper()
	if !l.events.Scan() {
		t.Fatalf("the stream ended without a goodbye: %v", l.events.Err())
	}
	var id int
	var data string
	for line := range strings.SplitSeq(l.events.Text(), "\n") {
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "id":
			id, _ = strconv.Atoi(value)
		case "event":
			kind = value
		case "data":
			data = value
		}
	}
	switch kind {
	case "status":
		if err := json.Unmarshal([]byte(data), &l.status); err != nil {
			t.Fatal(err)
		}
	case "created":
		if id != l.seen+1 {
			t.Fatalf("got the change %d after %d", id, l.seen)
		}
		l.seen = id
		var todo Todo
		if err := json.Unmarshal([]byte(data), &todo); err != nil {
			t.Fatal(err)
		}
		l.titles[todo.Title] = true
	}
	return kind
}
