package systemd

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

func TestStoreHandsADescriptorToTheManager(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	c := listen(t, name)
	n := Notify(app.New("test"), Config{Env: environment(notifySocket, name)})
	defer n.managerConn.close()
	path := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(path, []byte("state"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := n.Store("cache", f); err != nil {
		t.Fatal(err)
	}
	p := <-c
	if p.text != "FDSTORE=1\nFDNAME=cache" || p.file == nil {
		t.Fatalf("got %q with file %v", p.text, p.file)
	}
	defer p.file.Close()
	if got, err := io.ReadAll(p.file); err != nil || string(got) != "state" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := n.Remove("cache"); err != nil {
		t.Fatal(err)
	}
	if p := <-c; p.text != "FDSTOREREMOVE=1\nFDNAME=cache" {
		t.Errorf("got %q", p.text)
	}
	for _, bad := range []string{"", "a:b", "a\nREADY=1", strings.Repeat("a", 256), "ü"} {
		if err := n.Store(bad, f); err == nil {
			t.Errorf("stored as %q", bad)
		}
	}
	if err := n.Store("nothing", nil); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("got %v, want os.ErrInvalid", err)
	}
}
