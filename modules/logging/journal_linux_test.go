package logging

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

// streamOf returns the value of JOURNAL_STREAM that systemd would set for f.
func streamOf(t *testing.T, f *os.File) string {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}

func TestLinesToTheJournalHaveItsPriorities(t *testing.T) {
	for name, tc := range map[string]struct {
		stream func(*os.File) string
		want   bool
	}{
		"the journal's stream":    {func(f *os.File) string { return streamOf(t, f) }, true},
		"output goes elsewhere":   {func(*os.File) string { return "8:1" }, false},
		"no service manager":      {func(*os.File) string { return "" }, false},
		"a variable of no stream": {func(*os.File) string { return "nonsense" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			stderr := os.Stderr
			os.Stderr = w
			t.Setenv("JOURNAL_STREAM", tc.stream(w))
			c := Defaults()
			c.Level = "debug"
			log, _ := New(c, Sink{})
			os.Stderr = stderr
			log.Debug("d")
			log.Info("i")
			log.With().Warn("w")
			log.Error("e")
			w.Close()
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			if len(lines) != 4 {
				t.Fatalf("got %q, want four lines", text)
			}
			for i, prefix := range []string{"<7>", "<6>", "<4>", "<3>"} {
				if got := strings.HasPrefix(lines[i], prefix+"{"); got != tc.want {
					t.Errorf("got %s, want the priority: %t", lines[i], tc.want)
				}
			}
		})
	}
}
