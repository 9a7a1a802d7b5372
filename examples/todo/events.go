package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// The numbers of a stream of events.
const (
	retry     = 200 * time.Millisecond // the browser's pause before it connects again
	look      = time.Second            // how often to look for changes that another process made
	heartbeat = 15 * time.Second       // silence after which proxies might think the connection is dead
	stall     = 10 * time.Second       // how long a client may refuse to take what is sent
	batch     = 100                    // changes read at once
)

// Status is what the badge of the page shows.
type Status struct {
	Title      string `json:"title"`
	Generation int    `json:"generation"`
	PID        int    `json:"pid"`
	Revision   uint64 `json:"revision"`
}

// events: GET /api/events is a stream of server-sent events.
//
//	status     of the process that serves, at the beginning and after a reload
//	created, changed, deleted
//	           a todo as it is after the change; the id of the event is its seq in
//	           the table changes
//	reset      what the client knows is out of date: load the list, what follows
//	           is newer
//	draining   the last one: the service stops
//
// An upgrade does not end the stream: the next generation continues it. A client
// that connects with Last-Event-ID gets what it has missed, from whatever
// generation, because the ids come from the database. It may get a change that its
// list shows already; the version shows that.
func (a *API) events(w http.ResponseWriter, r *http.Request) error {
	passage := httpserver.Keep(r)
	last := r.Header.Get("Last-Event-ID")
	if passage.Resumed() {
		last = string(passage.State())
	}
	seen, err := strconv.ParseInt(last, 10, 64)
	if err != nil {
		seen = -1 // a new client, which has to load the list
	}
	newest, kept, err := a.Store.Position(r.Context(), seen)
	if err != nil {
		return err
	}
	s := &stream{w: w, rc: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // nginx must not collect the events
	if r.Method == http.MethodHead {
		return nil
	}
	if !passage.Resumed() {
		s.printf("retry: %d\n\n", retry.Milliseconds())
	}
	if !kept {
		seen = newest
		s.printf("id: %d\nevent: reset\ndata: {}\n\n", newest)
	}
	a.follow(r.Context(), s, seen, passage)
	return nil
}

// follow writes the changes since seen, until its client is gone, the next
// generation continues the stream, or the server drains. An error comes too late
// for a problem document: the client connects again and resumes.
func (a *API) follow(ctx context.Context, s *stream, seen int64, passage *httpserver.Passage) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for s.err == nil {
		rung := a.Store.bell.wait() // before looking
		changes, err := a.Store.Changes(ctx, seen, batch)
		if err != nil {
			if ctx.Err() == nil {
				a.Log.Error("stream of events ended", "error", err)
			}
			return
		}
		s.status(a.Status())
		for _, c := range changes {
			s.printf("id: %d\nevent: %s\ndata: %s\n\n", c.Seq, c.Kind, c.Todo)
			seen = c.Seq
		}
		s.flush()
		if len(changes) == batch {
			continue // there may be more
		}
		select {
		case <-rung:
		case <-ticker.C:
		case <-passage.Moving():
			passage.Leave(strconv.AppendInt(nil, seen, 10))
			return
		case <-app.Draining(ctx):
			s.leave(passage, seen)
			return
		case <-ctx.Done():
			return
		}
	}
}

// leave ends the stream in this process. A stream that was busy when it should have
// moved moves now.
func (s *stream) leave(passage *httpserver.Passage, seen int64) {
	select {
	case <-passage.Moving():
		passage.Leave(strconv.AppendInt(nil, seen, 10))
	default:
		s.printf("event: draining\ndata: {}\n\n")
		s.flush()
	}
}

// stream writes events and remembers the first error.
type stream struct {
	w     http.ResponseWriter
	rc    *http.ResponseController
	err   error
	dirty bool      // data waits for flush
	last  time.Time // of the last flush
	shown Status
}

// printf writes a piece of the stream.
func (s *stream) printf(format string, args ...any) {
	if s.err != nil {
		return
	}
	// A client that takes nothing must not hold up a drain.
	if s.err = s.rc.SetWriteDeadline(time.Now().Add(stall)); s.err == nil || errors.Is(s.err, http.ErrNotSupported) {
		_, s.err = fmt.Fprintf(s.w, format, args...)
		s.dirty = true
	}
}

// status sends the status if it has changed.
func (s *stream) status(now Status) {
	if now == s.shown {
		return
	}
	data, _ := json.Marshal(now) // strings and numbers always can be
	s.printf("event: status\ndata: %s\n\n", data)
	s.shown = now
}

// flush sends what was written, or a comment if the line was silent for long.
func (s *stream) flush() {
	if !s.dirty && time.Since(s.last) > heartbeat {
		s.printf(": still here\n\n")
	}
	if s.dirty && s.err == nil {
		s.err = s.rc.Flush()
		s.dirty, s.last = false, time.Now()
	}
}
