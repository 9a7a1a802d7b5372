//go:build linux

// Command try restarts your program while clients send requests, and counts what is
// lost: once in the usual way, by SIGTERM and a new start as soon as it has exited;
// and, if it is built with graceful, by an upgrade as well.
//
//	go run ./try ../yourmain                # in the folder bench of a clone
//	try -path /health -- node server.js     # after go build ./try
//	try -- flask --app shop run --port {port}
//
// The program is a folder of Go, which is built first, or any command. It must
// serve HTTP at the address that it is given: {addr}, {host} and {port} in its
// arguments and in -env stand for it; the environment has ADDR, HOST, PORT and,
// as services with graceful read it, NAME_HTTP_ADDR. A service whose name differs
// from that of its folder is first started once at its default address, to learn
// the name.
//
// No client sends a request twice; a dial that is refused loses none. Requests
// are GET, and an answer counts when it has the status of the first one. Signals
// go to the process that was started: give the program itself, without a shell
// around it. One that does not end within 10 s of SIGTERM is killed, as docker stop
// does. The exit code is 1 if it could not be tried, else 0.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/bench/proc"
)

// options are the flags.
type options struct {
	path     string
	clients  int
	think    time.Duration
	restarts int
	env      settings
}

// settings is a flag that may be given several times.
type settings []string

func (s *settings) String() string { return strings.Join(*s, " ") }

func (s *settings) Set(text string) error {
	if !strings.Contains(text, "=") {
		return errors.New("want NAME=VALUE")
	}
	*s = append(*s, text)
	return nil
}

func main() {
	var o options
	flag.StringVar(&o.path, "path", "/", "what the clients get")
	flag.IntVar(&o.clients, "clients", 64, "how many send at once, each on its own connection")
	flag.DurationVar(&o.think, "think", 20*time.Millisecond, "the longest pause of a client between two requests")
	flag.IntVar(&o.restarts, "restarts", 5, "how often each way")
	flag.Var(&o.env, "env", "NAME=VALUE for the program, may be repeated")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: try [flags] [--] PROGRAM [ARGUMENT...]   (a folder of Go, or a command that serves HTTP at {addr})")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 || o.clients < 1 || o.restarts < 1 || !strings.HasPrefix(o.path, "/") {
		flag.Usage()
		os.Exit(2)
	}
	if err := try(o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "try:", err)
		os.Exit(1)
	}
}

func try(o options, command []string) error {
	if err := proc.Adopt(); err != nil { // successors stay ours
		return err
	}
	dir, err := os.MkdirTemp("", "try")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, err := newProgram(dir, o.env, command)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s, GET %s, %d clients, up to %v between two requests, %d restarts\n",
		filepath.Base(p.path), p.kind(), o.path, o.clients, o.think, o.restarts)
	ways := []way{stopAndStart}
	if p.graceful {
		ways = append(ways, upgrade)
	}
	for _, w := range ways {
		result, err := restartUnderLoad(o, p, w)
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", w.name, err, p.lastWords())
		}
		fmt.Print(verdict(w.name, o, result))
	}
	if p.killed > 0 {
		fmt.Printf("%d times it did not end within %v of SIGTERM, and was killed\n", p.killed, grace)
	}
	if !p.graceful {
		fmt.Println("not built with graceful: no upgrade to compare with")
	}
	return nil
}
