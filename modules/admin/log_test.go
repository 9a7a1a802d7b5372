package admin

import (
	"net/http"
	"slices"
	"testing"

	"github.com/gracefulfx/graceful/internal/recent"
)

// The last lines of the log are only for users who may see everything, and come
// without the characters for terminals and the journal.
func TestTheLogIsNotForReaders(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.server.recent = new(recent.Lines)
	for _, line := range []string{`{"level":"info","msg":"a"}`, "<4>{\"msg\":\"b\"}", "12:00:00\t\x1b[33mWARN\x1b[0m\tc", "<img src=x>"} {
		r.server.recent.Add([]byte(line + "\n"))
	}
	r.start(t)
	status, body := r.raw(t, "GET", "/v1/log", "", nil)
	want := []string{`{"level":"info","msg":"a"}`, `{"msg":"b"}`, "12:00:00\tWARN\tc", "<img src=x>"}
	if got := decode[[]string](t, body); status != http.StatusOK || !slices.Equal(got, want) {
		t.Errorf("got %d %q", status, got)
	}
	if status, body := r.raw(t, "GET", "/v1/log", "", map[string]string{lookOnly: "1"}); status != http.StatusForbidden {
		t.Errorf("a reader gets %d %s", status, body)
	}
}

func TestWithoutItsLoggerThereIsNoLog(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start(t)
	if status, body := r.raw(t, "GET", "/v1/log", "", nil); status != http.StatusNotFound {
		t.Errorf("got %d %s", status, body)
	}
}
