//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/gracefulfx/graceful/bench/proc"
)

// program is what is tried: how it is started, and where it serves.
type program struct {
	path      string
	args, env []string
	addr      string
	graceful  bool
	started   int // process id of the last start
	killed    int // times that it did not end at SIGTERM
	log       *os.File
}

// newProgram builds a folder of Go, or finds a command.
func newProgram(dir string, env, command []string) (*program, error) {
	p := &program{path: command[0]}
	var err error
	if info, serr := os.Stat(p.path); serr == nil && info.IsDir() {
		if p.path, err = build(dir, p.path); err != nil {
			return nil, err
		}
	} else if p.path, err = exec.LookPath(p.path); err != nil {
		return nil, fmt.Errorf("%w: give a folder of Go, or a command", err)
	}
	if p.addr, err = proc.FreeAddr(); err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(p.addr)
	if err != nil {
		return nil, err
	}
	places := strings.NewReplacer("{addr}", p.addr, "{host}", host, "{port}", port)
	for _, a := range command[1:] {
		p.args = append(p.args, places.Replace(a))
	}
	p.env = []string{"ADDR=" + p.addr, "HOST=" + host, "PORT=" + port}
	if p.graceful, err = upgrades(p.path); err != nil {
		return nil, err
	}
	if p.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		return nil, err
	}
	if p.graceful {
		p.takeName(filepath.Base(p.path))
	}
	for _, e := range env {
		p.env = append(p.env, places.Replace(e))
	}
	return p, nil
}

// upgrades reports whether the program has the module of upgrades: the names of its
// functions are in every executable of Go, stripped or not.
func upgrades(path string) (bool, error) {
	text, err := os.ReadFile(path)
	return bytes.Contains(text, []byte("github.com/gracefulfx/graceful/modules/upgrade.")), err
}

// prefix is how the environment of a service is named: in capitals, with
// underscores.
func prefix(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return '_'
	}, name)
}

func build(dir, folder string) (string, error) {
	full, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, filepath.Base(full))
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Dir = full
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build in %s: %w\n%s", folder, err, out)
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return "", errors.Join(err, fmt.Errorf("%s holds no program: want a folder with package main", folder))
	}
	return path, nil
}

func (p *program) kind() string {
	if p.graceful {
		return "built with graceful"
	}
	return "any HTTP server"
}

// lastWords are the last lines that the program wrote.
func (p *program) lastWords() string {
	const most = 20
	text, err := os.ReadFile(p.log.Name())
	if err != nil || len(text) == 0 {
		return "the program wrote nothing"
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return "the program wrote:\n" + strings.Join(lines[max(0, len(lines)-most):], "\n")
}
