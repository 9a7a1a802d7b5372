package config

import (
	"context"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

func TestReloadApplies(t *testing.T) {
	r := newRig(t, "http: {port: 1, headers: {gone: x}}\ndb: {path: a}")
	before, db := r.web.Get(), r.db.Get()
	got := r.edit(t, "http:\n  port: 2\n  token: hunter2\n")
	if got.Result != Applied || got.Revision != 2 || got.Trigger != "test" || got.Hash != r.Snapshot().Hash() {
		t.Errorf("got %s", got.JSON())
	}
	want := []Changed{
		{"db.path", `"a"`, `""`, "default"},
		{"http.port", "1", "2", r.path + ":2:3"},
		{"http.headers", `{"X-Default": "yes", "gone": "x"}`, `{"X-Default": "yes"}`, "default"},
		{"http.token", `""`, `"***"`, r.path + ":3:3"},
	}
	if !reflect.DeepEqual(got.Changed, want) {
		t.Errorf("got  %v\nwant %v", got.Changed, want)
	}
	if before.Port != 1 || r.web.Get().Port != 2 || db.Path != "a" || r.db.Get().Path != "" {
		t.Error("the old values changed, or the new ones did not")
	}
	if strings.Contains(string(got.JSON()), "hunter2") {
		t.Errorf("the report shows a secret: %s", got.JSON())
	}
	if got := r.Reload(context.Background(), "test"); got.Result != Unchanged || got.Revision != 2 {
		t.Errorf("got %v, want unchanged", got.Text())
	}
}

func TestSectionWithoutAChangeKeepsItsPointer(t *testing.T) {
	r := newRig(t, "http: {port: 1}\ndb: {path: a}")
	db := r.db.Get()
	r.edit(t, "http: {port: 2}\ndb: {path: a}")
	if r.db.Get() != db {
		t.Error("db was replaced")
	}
}

// A constructor may return the same map and list every time.
func TestDefaultsAreNeverSharedBetweenGenerations(t *testing.T) {
	shared := webDefaults()
	set := NewSet()
	v := Add[web](set, "http", Default(func() web { return shared }))
	path := file(t, "c.yaml", "http: {headers: {a: one}, hosts: [x], port: 1}")
	st, err := Load(set, Source{Files: []string{path}, Environ: none})
	if err != nil {
		t.Fatal(err)
	}
	st.catalog.limits = disk.AtStart
	first := v.Get()
	write(t, path, "http: {headers: {b: two}, port: 2}")
	if r := st.Reload(t.Context(), "test"); r.Result != Applied {
		t.Fatal(r.Text())
	}
	want := []map[string]string{{"X-Default": "yes"}, {"X-Default": "yes", "a": "one"}, {"X-Default": "yes", "b": "two"}}
	if got := []map[string]string{shared.Headers, first.Headers, v.Get().Headers}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !reflect.DeepEqual(first.Hosts, []string{"x"}) || !reflect.DeepEqual(v.Get().Hosts, []string{"d1"}) {
		t.Errorf("got %v and then %v", first.Hosts, v.Get().Hosts)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	OnReload(r.web, "a", func(context.Context, Change[web]) (Tx, error) {
		t.Error("a subscriber was called")
		return Tx{}, nil
	})
	write(t, r.path, "http: {port: 2}")
	if got := r.DryRun(context.Background(), "x"); got.Result != Applied || !got.DryRun || len(got.Changed) != 1 || got.Revision != 1 {
		t.Errorf("got %s", got.JSON())
	}
	if r.web.Get().Port != 1 || len(r.History()) != 1 {
		t.Error("it changed something")
	}
}

func TestCommentOnlyChangeMovesTheHash(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	hash := r.Snapshot().Hash()
	if got := r.edit(t, "http: {port: 1} # one"); got.Result != Unchanged || got.Revision != 1 || got.Hash == hash || r.Snapshot().Hash() != got.Hash {
		t.Errorf("got %s", got.JSON())
	}
}

func TestHistoryKeepsTenRevisions(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	for i := range 12 {
		r.edit(t, "http: {gen: "+string(rune('a'+i))+"}") // rejected, not a revision
		r.edit(t, "http: {limit: "+string(rune('0'+i%10))+"}")
	}
	past := r.History()
	if len(past) != 10 || past[9].Revision != 13 || past[0].Revision != 4 {
		t.Errorf("got %d revisions, %d to %d; want 10, 4 to 13", len(past), past[0].Revision, past[len(past)-1].Revision)
	}
}

func TestChangedCertificateIsAChange(t *testing.T) {
	r := newRig(t, "http: {tls: {cert_file: cert.pem}}", func(s *Source) {
		write(t, filepath.Join(filepath.Dir(s.Files[0]), "cert.pem"), "one")
	})
	hash := r.Snapshot().Hash()
	write(t, filepath.Join(filepath.Dir(r.path), "cert.pem"), "two")
	got := r.Reload(context.Background(), "x")
	if got.Result != Applied || len(got.Changed) != 1 || got.Changed[0].Key != "http.tls.cert_file" || got.Hash == hash {
		t.Errorf("got %s", got.JSON())
	}
	if string(r.web.Get().TLS.Cert.Bytes()) != "two" {
		t.Error("the old certificate is in force")
	}
}
