package config

import (
	"context"
	"testing"
)

func TestPinnedRequestSeesOneRevision(t *testing.T) {
	r := newRig(t, "http: {port: 1}\ndb: {path: a}")
	ctx := r.Pin(context.Background())
	r.edit(t, "http: {port: 2}\ndb: {path: b}")
	if w, d := r.web.From(ctx), r.db.From(r.Pin(ctx)); w.Port != 1 || d.Path != "a" {
		t.Errorf("got %d %s, want 1 a", w.Port, d.Path)
	}
	if w := r.web.From(context.Background()); w.Port != 2 {
		t.Errorf("got %d, want 2", w.Port)
	}
	if s := Static(web{Port: 7}); s.From(ctx).Port != 7 || s.Get().Port != 7 {
		t.Error("a static value is not itself")
	}
}
