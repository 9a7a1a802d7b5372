//go:build unix

package httpserver

import (
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

func onSocket(path, mode string) rigOption {
	return configured(func(c *Config) { c.Addr, c.SocketMode = "unix:"+path, mode })
}

func TestUnixSocketIsServedWithItsModeAndRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	r := serveOn(t, http.HandlerFunc(hello), onSocket(path, "0600"), linger(0))
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got %v, %v, want mode 0600", info, err)
	}
	if _, body := r.dial().get("/"); body != "hello" {
		t.Errorf("got %q, want hello", body)
	}
	r.term()
	r.wait()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("got %v, want the file removed", err)
	}
}

func TestUnixSocketStaysForASuccessor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	r := serveOn(t, http.HandlerFunc(hello), onSocket(path, ""))
	r.stop(app.Reason{Kind: app.Replaced})
	r.wait()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestFileInTheWayOfAUnixSocket(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		want string // of the error; empty: it starts
	}{
		{"left by a killed process", func(t *testing.T, path string) {
			ln, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			ln.(*net.UnixListener).SetUnlinkOnClose(false)
			ln.Close()
		}, ""},
		{"in use", func(t *testing.T, path string) {
			ln, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { ln.Close() })
		}, "another process listens there"},
		{"a file", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "is not a socket"},
		{"a link", func(t *testing.T, path string) {
			if err := os.Symlink("elsewhere", path); err != nil {
				t.Fatal(err)
			}
		}, "is not a socket"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			tt.make(t, path)
			if tt.want == "" {
				serveOn(t, http.HandlerFunc(hello), onSocket(path, "")).dial().get("/")
				return
			}
			conf := DefaultConfig()
			conf.Addr = "unix:" + path
			a := app.New("test")
			New(a, "http", &http.Server{}, func() *Config { return &conf })
			if err := a.Start(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if info, err := os.Lstat(path); err != nil || info.Mode().Type() == fs.ModeDir {
				t.Errorf("got %v, %v, want what was there untouched", info, err)
			}
		})
	}
}

// Another process that has taken over the path in the meantime keeps it.
func TestFileOfAnotherIsNotRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	r := serveOn(t, http.HandlerFunc(hello), onSocket(path, ""), linger(0))
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	r.term()
	r.wait()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("got %v, want the file of the other", err)
	}
}
