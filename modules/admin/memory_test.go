package admin

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// The next generation has the history of this one, with its generation; history
// that arrives twice is there once.
func TestHistoryGoesToTheNextGeneration(t *testing.T) {
	t.Parallel()
	old, next := newRig(t).start(t), newRig(t)
	next.app.Wiring().SetGeneration(2, nil)
	old.edit(t, strings.Replace(firstConfig, "hello", "bye", 1))
	if status, body := old.raw(t, "POST", "/v1/reload", "", nil); status != 200 {
		t.Fatalf("reload: %d %s", status, body)
	}
	old.server.series.add(Sample{At: time.Now().Unix(), Requests: 3, Generation: 1})
	load := next.app.Wiring().Histories()["admin"].Load
	load(old.app.Wiring().Histories()["admin"].Save())
	old.server.journal.add(Event{Kind: "note", Text: "something happens at the end"})
	load(old.app.Wiring().Histories()["admin"].Save())
	s := next.server
	s.journal.add(Event{Kind: "note", Text: "of the next"})

	ids, texts := map[uint64]int{}, map[string]int{}
	for _, e := range s.journal.all() {
		ids[e.ID]++
		texts[fmt.Sprint(e.Generation, " ", e.Text)]++
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("event %d is there %d times", id, n)
		}
	}
	if texts["1 something happens at the end"] != 1 || texts["2 of the next"] != 1 {
		t.Errorf("events: %v", texts)
	}
	if ops := s.ops.list(); len(ops) != 1 || ops[0].Kind != "reload" || ops[0].Generation != 1 {
		t.Errorf("operations: %+v", ops)
	}
	if r := s.revisions(); len(r) != 3 || r[1].Generation != 1 || r[1].Report.Revision != 2 || r[2].Generation != 2 {
		t.Errorf("revisions: %+v", r)
	}
	if answers, _ := s.journal.recent(); len(answers) != 1 || answers[0].Generation != 1 {
		t.Errorf("answers: %+v", answers)
	}
	if got := s.series.list(); len(got) != 1 || got[0].Requests != 3 {
		t.Errorf("samples: %+v", got)
	}
	past, w := s.journal.watch(idsOf(2))
	s.journal.unwatch(w)
	if len(past) == 0 || past[0].Generation != 2 {
		t.Errorf("a reader that has seen generation 1 gets %+v", past)
	}
}

// However much history there is, it fits, and the newest is included.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range journalLength {
		r.server.journal.add(Event{Kind: "note", Text: fmt.Sprint(i, strings.Repeat(" long", 2000))})
	}
	b := r.server.save()
	var m memory
	if err := json.Unmarshal(b, &m); err != nil || len(b) > app.MaxHistory || len(m.Events) == 0 {
		t.Fatalf("%d bytes, %d events, %v", len(b), len(m.Events), err)
	}
	if last := m.Events[len(m.Events)-1].Text; !strings.HasPrefix(last, fmt.Sprint(journalLength-1)) {
		t.Errorf("the newest is %.20s", last)
	}
}

func TestHistoryOfAnotherReleaseIsLeftOut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	before := len(r.server.journal.all())
	for _, text := range []string{"", "no json", "[]", `{"format": 2, "events": [{"id": 1}]}`, `{"events": [{"id": 1}]}`, `{"format": 1, "events": {"id": 1}}`} {
		r.server.load([]byte(text))
	}
	r.server.load([]byte(`{"format": 1, "events": [{"id": 0}, {"id": 18446744073709551615}]}`)) // its own ids
	if got := r.server.journal.all(); len(got) != before {
		t.Errorf("got %+v", got)
	}
}
