package config

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type lists struct {
	Deny   FileRef `config:"deny"`
	Token  Secret  `config:"token"`
	Spare  Secret  `config:"spare" empty:"allow"`
	Number int     `config:"number"`
}

// A deny list without an entry is an empty file, and not a reason to wait.
func TestFileThatIsEmptyInForceCostsAReloadNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "deny"), "")
	path := write(t, filepath.Join(dir, "c.yaml"), "l: {deny: deny}")
	set := NewSet()
	v := Add[lists](set, "l")
	st, err := Load(set, Source{Files: []string{path}, Environ: none})
	if err != nil {
		t.Fatal(err)
	}
	st.catalog.limits.Grace = time.Hour // would cause a wait
	write(t, path, "l: {deny: deny, number: 2}")
	if r := st.Reload(t.Context(), "test"); r.Result != Applied || v.Get().Number != 2 {
		t.Errorf("got %s, want it applied", r.Text())
	}
}

func TestEmptiedSecretIsRefusedUnlessItMayBeEmpty(t *testing.T) {
	dir := t.TempDir()
	empty := write(t, filepath.Join(dir, "empty"), "\n")
	for _, tt := range []struct{ env, want string }{
		{"APP_L_TOKEN_FILE=" + empty, "env APP_L_TOKEN_FILE: l.token: " + empty + " is empty (write the secret into it, or leave the file out)"},
		{"APP_L_SPARE_FILE=" + empty, ""},
	} {
		set := NewSet()
		Add[lists](set, "l")
		_, err := Load(set, Source{Environ: []string{tt.env}})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.env, err, tt.want)
		}
	}
}

// The sample tells the operator which settings may be empty, and to which drop-ins
// add.
func TestSampleSaysWhatMayBeEmptyAndWhatIsAddedTo(t *testing.T) {
	set := NewSet()
	Add[struct {
		Spare Secret   `empty:"allow"`
		Hosts []string `merge:"append"`
	}](set, "l")
	c, err := NewCatalog(set, Source{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# (text; may be empty)\n", "# (a list; later files add to it)\n"} {
		if !strings.Contains(string(c.Sample()), want) {
			t.Errorf("want %q in\n%s", want, c.Sample())
		}
	}
}
