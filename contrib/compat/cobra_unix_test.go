//go:build unix

package compat

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The whole life of a service by way of another program's tree of commands.
func TestCobraMountsTheCommands(t *testing.T) {
	dir, err := os.MkdirTemp("", "shop") // short, for the socket's path
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	t.Chdir(dir)
	t.Setenv("RUNTIME_DIRECTORY", dir)
	t.Setenv("SHOP_HTTP_ADDR", "127.0.0.1:0")
	call := func(ctx context.Context, args ...string) (code int, help string) {
		var out bytes.Buffer
		code = -1
		root := newRoot(func(c int) { code = c })
		root.SetOut(&out)
		root.SetArgs(args)
		if err := root.ExecuteContext(ctx); err != nil {
			t.Error(err)
		}
		return code, out.String()
	}
	if _, help := call(t.Context(), "--help"); !strings.Contains(help, "import") || !strings.Contains(help, "read the configuration again") {
		t.Errorf("got %s", help)
	}
	if code, _ := call(t.Context(), "status"); code != 3 {
		t.Errorf("status of what does not run: got %d, want 3", code)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan int, 1)
	go func() {
		code, _ := call(ctx, "run")
		ended <- code
	}()
	for _, err := os.Stat(filepath.Join(dir, "admin.sock")); err != nil && ctx.Err() == nil; _, err = os.Stat(filepath.Join(dir, "admin.sock")) {
		<-time.After(5 * time.Millisecond) // a file that appears has no event to wait for
	}
	for code := -1; code != 0 && ctx.Err() == nil; { // 1 while it starts
		code, _ = call(ctx, "reload", "--json")
	}
	if code, _ := call(ctx, "reload", "--nonsense"); code != 2 {
		t.Errorf("a flag that is none: got %d, want 2", code)
	}
	if code, _ := call(ctx, "stop"); code != 0 {
		t.Errorf("stop: got %d, want 0", code)
	}
	if code := <-ended; code != 0 {
		t.Errorf("run: got %d, want 0", code)
	}
}
