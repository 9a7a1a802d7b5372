package admin

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

func TestStreamGoesOnUpToTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	c := r.client(t)
	r.app.Note(app.Note{Level: slog.LevelInfo, Text: "a line", Attrs: []slog.Attr{slog.Int("n", 7)}})
	var kinds []string
	var last Status
	var lastID uint64
	stopped := false
	err := c.Follow(t.Context(), 0, func(kind string, data []byte) bool {
		if kind == "status" {
			last = decode[Status](t, string(data))
		} else {
			e := decode[Event](t, string(data))
			kinds = append(kinds, e.Kind+" "+e.Text)
			lastID = e.ID
		}
		if !stopped && strings.Contains(strings.Join(kinds, "\n"), "note a line") {
			stopped = true
			r.app.Stop(app.Reason{Kind: app.Requested, By: "test"})
		}
		return true
	})
	all := strings.Join(kinds, "\n")
	if err != nil || !strings.Contains(all, "starting → ready") || !strings.Contains(all, "stop stop: test") || !strings.Contains(all, "→ stopping") {
		t.Errorf("got %v\n%s", err, all)
	}
	if last.State != "stopping" || last.Reason == nil || lastID == 0 {
		t.Errorf("the last status: got %+v", last)
	}
}

func TestStreamGoesOnAfterTheLastEventSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	for _, text := range []string{"one", "two", "three"} {
		r.app.Note(app.Note{Level: slog.LevelInfo, Text: text})
	}
	texts := func(after uint64) (got []string, ids []uint64) {
		_ = r.client(t).Follow(t.Context(), after, func(kind string, data []byte) bool {
			if kind == "event" {
				e := decode[Event](t, string(data))
				got, ids = append(got, e.Text), append(ids, e.ID)
			}
			return len(got) == 0 || got[len(got)-1] != "three"
		})
		return got, ids
	}
	_, ids := texts(0)
	if got, _ := texts(ids[len(ids)-3]); len(got) != 2 || got[0] != "two" {
		t.Errorf("got %v, want two and three", got)
	}
}

// A reader that does not read costs a bounded buffer, and delays nothing.
func TestSlowReaderIsCutOff(t *testing.T) {
	t.Parallel()
	j := newJournal(func() int { return 1 })
	_, slow := j.watch(0)
	_, other := j.watch(0)
	for range backlog + 1 {
		j.add(Event{Text: "x"})
		<-other.events
	}
	select {
	case <-slow.lost:
	default:
		t.Error("the slow reader was not cut off")
	}
	if watchers, dropped := j.counts(); watchers != 1 || dropped != 1 {
		t.Errorf("got %d watchers, %d dropped", watchers, dropped)
	}
	for range 2 * journalLength {
		j.add(Event{})
		<-other.events
	}
	if len(j.events) != journalLength {
		t.Errorf("remembers %d, want %d", len(j.events), journalLength)
	}
}

// A reader that has stopped reading does not keep the process from ending.
func TestStalledReaderDoesNotHoldTheStop(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	nc, err := net.Dial("unix", r.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r.app.Stop(app.Reason{})
	if _, err := r.app.Wait(ctx); err != nil {
		t.Error(err)
	}
}

func TestSecretIsSeenNowhere(t *testing.T) {
	t.Parallel()
	r := newRig(t).start(t)
	r.app.Note(app.Note{Level: slog.LevelWarn, Text: "careless", Attrs: []slog.Attr{
		slog.Any("value", r.value.Get().Token), slog.Any("section", r.value.Get()), slog.Any("copy", *r.value.Get()),
	}})
	bodies := map[string]string{}
	r.edit(t, strings.Replace(firstConfig, canary, canary+"2", 1))
	_, bodies["reload"] = r.raw(t, "POST", "/v1/reload", "", nil)
	r.edit(t, "greeting:\n  token: ["+canary+"]\n") // the mistake is in the secret itself
	for _, path := range []string{"/v1/status", "/v1/report", "/v1/config", "/v1/config/diff", "/v1/config/history", "/v1/operations", "/debug/pprof/goroutine?debug=2"} {
		_, bodies[path] = r.raw(t, "GET", path, "", nil)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_ = r.client(t).Follow(ctx, 0, func(kind string, data []byte) bool {
		bodies["events"] += string(data)
		return !strings.Contains(string(data), "reload")
	})
	for path, body := range bodies {
		if i := strings.Index(body, canary); i >= 0 {
			t.Errorf("%s shows the secret: ...%s", path, body[max(0, i-200):i+20])
		}
	}
	if !strings.Contains(bodies["/v1/config"], "***") || !strings.Contains(bodies["reload"], "greeting.token") {
		t.Errorf("got %v", bodies)
	}
}

func TestDetailThatIsNotJSONIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, func() {}, make(chan int)} {
		if got := detail(v); got != nil {
			t.Errorf("%T: got %s", v, got)
		}
	}
	if got := detail(config.Report{Result: config.Applied}); !json.Valid(got) {
		t.Errorf("got %s", got)
	}
}

func TestStatusIsSharedForAMoment(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	asked := 0
	r.app.AddCheck(app.Check{Name: "db", Fn: func(context.Context) error { asked++; return nil }})
	r.start(t)
	now := time.Now()
	for range 5 {
		r.server.status(t.Context())
	}
	if asked > 1 && time.Since(now) < cacheFor {
		t.Errorf("the check was asked %d times, want once", asked)
	}
}
