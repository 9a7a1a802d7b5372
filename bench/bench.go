//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gracefulfx/graceful/bench/report"
)

// bench is one run: the figures so far, and where everything lies.
type bench struct {
	*report.Report
	size size

	dir     string // programs, certificate, file; removed at the end
	log     *os.File
	running []*server
}

// prepare builds the servers and what they serve.
func prepare(s size) (*bench, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	b := &bench{size: s, dir: dir, Report: &report.Report{Mode: s.name, Began: time.Now(), Machine: report.ThisMachine()}}
	if err := errors.Join(b.openLog(), b.build(), b.writeFile(), b.writeCertificate()); err != nil {
		b.cleanUp()
		return nil, err
	}
	return b, nil
}

func (b *bench) openLog() (err error) {
	b.log, err = os.Create(filepath.Join(b.dir, "servers.log"))
	return err
}

// excerpt returns the end of the servers' output, for a run that failed.
func (b *bench) excerpt() error {
	text, err := os.ReadFile(b.log.Name())
	if err != nil {
		return err
	}
	return fmt.Errorf("the servers' last words:\n%s", text[max(0, len(text)-2000):])
}

// build builds one program for each server, so that each is known by its path.
func (b *bench) build() error {
	cmd := exec.Command("go", "build", "-o", b.dir+"/", "./servers/...", "./saver")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the servers (run this in the folder bench): %w\n%s", err, out)
	}
	return nil
}

func (b *bench) file() string { return filepath.Join(b.dir, "file") }

func (b *bench) writeFile() error { return os.WriteFile(b.file(), make([]byte, 1<<20), 0o644) }

// cleanUp ends every server that still runs.
func (b *bench) cleanUp() {
	for _, s := range b.running {
		s.kill()
	}
	if b.log != nil {
		b.log.Close()
	}
	os.RemoveAll(b.dir)
}

// progress prints what is going on, for the person at the terminal.
func (b *bench) progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%5.0f s  %s\n", time.Since(b.Began).Seconds(), fmt.Sprintf(format, args...))
}

func toFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
