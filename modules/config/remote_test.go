package config

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/modules/config/internal/watch"
)

// far is a remote document that the test changes.
type far struct {
	data string
	err  error
}

func (*far) Name() string            { return "far:/todo/config.yaml" }
func (f *far) Read() ([]byte, error) { return []byte(f.data), f.err }

func loadFar(t *testing.T, f *far) (*Value[web], *Store) {
	t.Helper()
	set := NewSet()
	w := Add[web](set, "http", Default(webDefaults))
	st, err := Load(set, Source{Name: "todo", Remote: f, Environ: none})
	if err != nil {
		t.Fatal(err)
	}
	return w, st
}

func TestRemoteDocumentGoesThroughTheTransaction(t *testing.T) {
	t.Chdir(t.TempDir())
	f := &far{err: fs.ErrNotExist}
	w, st := loadFar(t, f)
	for _, step := range []struct {
		name, data string
		err        error
		want       Result
		gen        int
		says       string
	}{
		{"none yet", "", fs.ErrNotExist, Unchanged, 0, ""},
		{"the first", "http: {gen: 1}", nil, Applied, 1, ""},
		{"the same", "http: {gen: 1}", nil, Unchanged, 1, ""},
		{"garbage", "http: [", nil, Rejected, 1, "far:/todo/config.yaml:1"},
		{"a newer schema", "http: {genn: 2}", nil, Rejected, 1, `far:/todo/config.yaml:1:8: http.genn: unknown key (did you mean "gen"?)`},
		{"empty", " ", nil, Rejected, 1, "is empty"},
		{"deleted", "", fs.ErrNotExist, Rejected, 1, "does not exist"},
		{"another", "http: {gen: 2}", nil, Applied, 2, ""},
	} {
		f.data, f.err = step.data, step.err
		r := st.Reload(t.Context(), "test")
		if r.Result != step.want || !strings.Contains(r.Text(), step.says) {
			t.Errorf("%s: got %s, want %s with %q", step.name, r.Text(), step.want, step.says)
		}
		if got := w.Get().Gen; got != step.gen {
			t.Errorf("%s: got %d in force, want %d", step.name, got, step.gen)
		}
		if (watched{st}).Differ(t.Context(), watch.Created) {
			t.Errorf("%s: what was just read differs", step.name)
		}
	}
	f.data = "http: {addr: elsewhere}"
	if !(watched{st}).Differ(t.Context(), watch.Created) {
		t.Error("a change of the document is not one")
	}
}

func TestFilesOverrideARemoteDocument(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	f := &far{data: "http: {addr: far, gen: 7}"}
	file := write(t, filepath.Join(dir, "todo.yaml"), "http: {addr: near}")
	w, st := loadFar(t, f)
	if w := w.Get(); w.Addr != "near" || w.Gen != 7 {
		t.Errorf("got %+v, want near from the file and 7 from the remote document", w)
	}
	if got := strings.Join(st.Files(), " "); got != "far:/todo/config.yaml "+filepath.Base(file) {
		t.Errorf("got files %s", got)
	}
	if r := st.Reload(t.Context(), "test"); r.Result != Unchanged {
		t.Errorf("got %s, want unchanged", r.Text())
	}
}
