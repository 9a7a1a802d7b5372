//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/bench/proc"
)

// called is the name in the line "ready" of a service built with graceful. It gives
// the environment its prefix, and need not be the name of the folder.
var called = regexp.MustCompile(`\bready\b.*"app":\s*"([^"]+)"`)

// otherName is the error of a program that serves elsewhere, since it reads other
// variables than those that it was given.
type otherName string

func (e otherName) Error() string {
	return fmt.Sprintf("it is called %s, and serves elsewhere", string(e))
}

// elsewhere returns an otherName if the log says that the program has one.
func (p *program) elsewhere() error {
	if !p.graceful {
		return nil
	}
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err
	}
	if m := called.FindSubmatch(text); m != nil && !slices.Contains(p.env, p.addrOf(string(m[1]))) {
		return otherName(m[1])
	}
	return nil
}

func (p *program) addrOf(name string) string { return prefix(name) + "_HTTP_ADDR=" + p.addr }

// takeName gives the program the variables that it reads.
func (p *program) takeName(name string) {
	p.env = append(p.env, p.addrOf(name), prefix(name)+"_ADMIN_ADDR="+filepath.Join(filepath.Dir(p.log.Name()), "admin.sock"))
}

// begin starts the program and waits until it answers, a second time if it turns
// out to have another name than its folder.
func (p *program) begin(path string) (pid, status int, err error) {
	if pid, err = p.start(); err != nil {
		return 0, 0, err
	}
	status, err = p.ready(pid, path)
	var name otherName
	if !errors.As(err, &name) {
		return pid, status, err
	}
	if err := proc.Signal(pid, unix.SIGTERM); err != nil {
		return 0, 0, err
	}
	if _, err := proc.Gone(pid, patience); err != nil {
		return 0, 0, err
	}
	p.takeName(string(name))
	if pid, err = p.start(); err != nil {
		return 0, 0, err
	}
	status, err = p.ready(pid, path)
	return pid, status, err
}
