package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	statusEvery  = time.Second
	writeTimeout = 5 * time.Second
)

// events answers with the stream: a status at once and every second, and every
// event of the journal. It ends when the reader has left or is too slow, and after
// the last message of the process.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	after, _ := strconv.ParseUint(r.Header.Get("Last-Event-ID"), 10, 64) // absent or invalid: from the beginning
	past, watcher := s.journal.watch(after)
	defer s.journal.unwatch(watcher)

	w.Header().Set("Content-Type", "text/event-stream")
	st := &stream{w: w, c: http.NewResponseController(w)}
	st.text("retry: 250\n\n")
	st.status(s.status(r.Context()))
	for _, e := range past {
		st.event(e)
	}
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	for st.flush() {
		select {
		case e := <-watcher.events:
			st.event(e)
			if e.Kind == "state" || e.Kind == "operation" {
				st.status(s.status(r.Context()))
			}
		case <-tick.C:
			st.status(s.status(r.Context()))
		case <-watcher.lost:
			st.send("cut", 0, Refusal{Error: "too slow: come back with Last-Event-ID"})
			st.flush()
			return
		case <-s.leaving:
			for len(watcher.events) > 0 {
				st.event(<-watcher.events)
			}
			last := s.currentStatus(r.Context(), time.Now())
			last.Access = accessOf(r.Context()).String()
			st.status(last)
			st.flush()
			return
		case <-r.Context().Done():
			return
		}
	}
}

// stream writes server-sent events, each of one line of data.
type stream struct {
	w   http.ResponseWriter
	c   *http.ResponseController
	err error
}

func (s *stream) status(st Status) { s.send("status", 0, st) }
func (s *stream) event(e Event)    { s.send("event", e.ID, e) }

func (s *stream) send(kind string, id uint64, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		return // a handler's value that cannot be JSON; the next message may be fine
	}
	if id > 0 {
		s.text(fmt.Sprintf("id: %d\n", id))
	}
	s.text(fmt.Sprintf("event: %s\ndata: %s\n\n", kind, data))
}

func (s *stream) text(t string) {
	if s.err == nil {
		_ = s.c.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, s.err = s.w.Write([]byte(t))
	}
}

// flush reports whether the reader still accepts data.
func (s *stream) flush() bool {
	if s.err == nil {
		s.err = s.c.Flush()
	}
	return s.err == nil
}
