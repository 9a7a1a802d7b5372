//go:build unix

package compat

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful"
)

// What logrotate does, with the signal of its postrotate script.
func TestLogFileIsReopenedOnASignal(t *testing.T) {
	file := &logFile{path: filepath.Join(t.TempDir(), "todo.log")}
	t.Cleanup(func() { _ = file.Close() })
	t.Setenv("LOGFILE_ADMIN_ADDR", "off")
	var log *zap.Logger
	a := fx.New(graceful.Name("logfile"), logToFile(file), graceful.Core, fx.Populate(&log))
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	log.Info("before the rotation")
	if err := os.Rename(file.path, file.path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		log.Info("after the rotation")
		if _, err := os.Stat(file.path); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the file was not made again")
		}
		<-time.After(time.Millisecond) // the signal is on its way, and nothing says when it has come
	}
	for name, want := range map[string]string{file.path: "after the rotation", file.path + ".1": "before the rotation"} {
		if text, err := os.ReadFile(name); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: got %q, %v; want %q in it", name, text, err, want)
		}
	}
}
