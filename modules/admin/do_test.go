package admin

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

// Readers may run commands that only show something, and no others.
func TestReadersRunCommandsThatShow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	handle := func(name app.Command, opts ...app.HandleOption) {
		r.app.Handle(name, func(context.Context, app.Request) (app.Answer, error) { return app.Answer{Text: "seen"}, nil }, opts...)
	}
	handle("fleet status", app.About("instances"), app.Beside(), app.Shows())
	handle("fleet stop", app.About("all of them"), app.Beside())
	handle("look", app.About("it says nothing of readers"))
	r.start(t)
	reader := map[string]string{lookOnly: "1"}
	for path, want := range map[string]int{
		"/v1/commands/fleet%20status":       http.StatusOK,
		"/v1/commands/fleet%20stop":         http.StatusForbidden,
		"/v1/commands/look":                 http.StatusForbidden,
		"/v1/commands/unknown":              http.StatusForbidden,
		"/v1/commands/fleet%20status/../..": http.StatusForbidden,
		"/v1/reload":                        http.StatusForbidden,
	} {
		if status, body := r.raw(t, "POST", path, `{}`, reader); status != want {
			t.Errorf("%s: got %d %s, want %d", path, status, body, want)
		}
	}
}

// Readers may list the application's commands; running one takes the permission to
// change something.
func TestCommandsNeedThePermissionToChange(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ran := make(chan map[string]string, 1)
	r.app.Handle("backup", func(ctx context.Context, req app.Request) (app.Answer, error) {
		ran <- req.Args
		app.Progress(ctx, "half of it\nand more")
		return app.Answer{Text: "written"}, nil
	}, app.About("write a copy", app.Arg{Name: "to"}))
	r.start(t)
	reader := map[string]string{lookOnly: "1"}
	if status, body := r.raw(t, "GET", "/v1/commands", "", reader); status != http.StatusOK || !strings.Contains(body, `"write a copy"`) {
		t.Errorf("list: %d %s", status, body)
	}
	for _, c := range []struct {
		name, path, body string
		header           map[string]string
		status           int
		text             string
	}{
		{"reader", "/v1/commands/backup", `{}`, reader, http.StatusForbidden, "admin.readers"},
		{"unknown command", "/v1/commands/restore", ``, nil, http.StatusNotImplemented, "known here: backup, reload"},
		{"unknown argument", "/v1/commands/backup", `{"args": {"too": "x"}}`, nil, http.StatusBadRequest, "it takes to"},
		{"unknown field", "/v1/commands/backup", `{"arg": {}}`, nil, http.StatusBadRequest, "unknown field"},
		{"no text", "/v1/commands/backup", `{"args": {"to": 7}}`, nil, http.StatusBadRequest, "must be"},
	} {
		if status, body := r.raw(t, "POST", c.path, c.body, c.header); status != c.status || !strings.Contains(body, c.text) {
			t.Errorf("%s: got %d %s", c.name, status, body)
		}
	}
	if len(ran) != 0 {
		t.Fatal("one of them ran")
	}
	status, body := r.raw(t, "POST", "/v1/commands/backup", `{"args": {"to": "x"}}`, nil)
	if op := decode[Operation](t, body); status != http.StatusOK || op.Kind != "backup" || op.Args["to"] != "x" || op.Text != "written" || op.Progress != "" {
		t.Errorf("got %d %+v", status, op)
	}
	if args := <-ran; args["to"] != "x" {
		t.Errorf("it ran with %v", args)
	}
}
