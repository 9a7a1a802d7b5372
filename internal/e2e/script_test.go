package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The words of the scripts in testdata/script, beside testscript's own:
//
//	run NAME [KEY=VALUE ...] PROGRAM [ARG ...]   start a process
//	[!] await NAME REGEXP      wait until it prints a line, on stdout or stderr
//	signal NAME SIGNAL         send it a signal
//	insist NAME SIGNAL REGEXP  send it once more, as people do, and wait until it prints such a line
//	repeat NAME SIGNAL REGEXP  send it again and again until it prints such a line
//	[!] get NAME PATH REGEXP   GET from where its ready line says, or a whole URL; the body matches (200 only)
//	addr NAME VAR [SERVER]     set VAR to the address of its server, http, in its ready line
//	begin ID NAME PATH         begin such a request
//	finish ID REGEXP           wait for its response; the status and body match
//	exits NAME CODE            wait for its end, and that of its successors; the exit code is CODE
//	successor NEW OLD N        call what OLD has become, in generation N, NEW; it has the same output
//
// Everything waits for an event; patience is only the time after which a script is
// given up.
const patience = 30 * time.Second

func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"run":    cmdRun,
		"await":  cmdAwait,
		"signal": cmdSignal,
		"insist": cmdInsist,
		"repeat": cmdRepeat,
		"get":    cmdGet,
		"addr":   cmdAddr,
		"begin":  cmdBegin,
		"finish": cmdFinish,
		"exits":  cmdExits,

		"successor": cmdSuccessor,
	}
}

type stageKey struct{}

// stage is what one script has started.
type stage struct {
	processes map[string]*process
	requests  map[string]chan string
}

func setupScript(env *testscript.Env) error {
	s := &stage{processes: map[string]*process{}, requests: map[string]chan string{}}
	env.Values[stageKey{}] = s
	env.Defer(func() {
		for _, p := range s.processes { // before waiting for any: they may have one output
			_ = p.cmd.Process.Kill()
		}
		for _, p := range s.processes {
			p.kill()
		}
	})
	return nil
}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

func processOf(ts *testscript.TestScript, name string) *process {
	p := stageOf(ts).processes[name]
	if p == nil {
		ts.Fatalf("no process %s was run", name)
	}
	return p
}

func cmdRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: run NAME [KEY=VALUE ...] PROGRAM [ARG ...]")
	}
	name, rest := args[0], args[1:]
	env := []string{"HOME=" + ts.Getenv("HOME"), "PATH=" + ts.Getenv("PATH"), "TMPDIR=" + ts.Getenv("TMPDIR")}
	if dir := ts.Getenv("GOCOVERDIR"); dir != "" {
		env = append(env, "GOCOVERDIR="+dir)
	}
	for len(rest) > 0 && strings.Contains(rest[0], "=") {
		env, rest = append(env, rest[0]), rest[1:]
	}
	program, err := lookPath(ts, rest[0])
	ts.Check(err)
	cmd := exec.Command(program, rest[1:]...)
	cmd.Env, cmd.Dir = env, ts.MkAbs(".")
	p, err := startProcess(cmd)
	ts.Check(err)
	stageOf(ts).processes[name] = p
}

// lookPath finds a program in the script's PATH, where testscript puts ours.
func lookPath(ts *testscript.TestScript, name string) (string, error) {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		for _, ext := range []string{"", ".exe"} {
			if file := filepath.Join(dir, name+ext); isFile(file) {
				return file, nil
			}
		}
	}
	return "", fmt.Errorf("no program %s in the script's PATH", name)
}

func isFile(name string) bool {
	fi, err := os.Stat(name)
	return err == nil && fi.Mode().IsRegular()
}

func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: await NAME REGEXP")
	}
	p := processOf(ts, args[0])
	re, err := regexp.Compile(args[1])
	ts.Check(err)
	if neg { // only sensible after exits: then all lines are there
		if line, err := p.await(re); err == nil {
			ts.Fatalf("%s printed %q", args[0], line)
		}
		return
	}
	if _, err := p.await(re); err != nil {
		ts.Fatalf("%s: %v; it printed\n%s", args[0], err, p.text())
	}
}

func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: signal NAME SIGNAL")
	}
	ts.Check(sendSignal(processOf(ts, args[0]).cmd.Process, args[1]))
}

// cmdInsist does not send faster than a person could: the same signal at once
// counts once. It sends one: on a busy machine the process may print the line
// late, and a further signal has another meaning.
func cmdInsist(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: insist NAME SIGNAL REGEXP")
	}
	<-time.After(200 * time.Millisecond) // since a line has shown that the one before had come
	cmdSignal(ts, false, args[:2])
	cmdAwait(ts, false, []string{args[0], args[2]})
}

// cmdRepeat is for a signal that does the same each time.
func cmdRepeat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: repeat NAME SIGNAL REGEXP")
	}
	p := processOf(ts, args[0])
	re, err := regexp.Compile(args[2])
	ts.Check(err)
	printed := make(chan error, 1)
	go func() { _, err := p.await(re); printed <- err }()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case err := <-printed:
			if err != nil {
				ts.Fatalf("%s: %v; it printed\n%s", args[0], err, p.text())
			}
			return
		case <-again.C:
			_ = sendSignal(p.cmd.Process, args[1]) // it may have ended
		}
	}
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: exits NAME CODE")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	p := processOf(ts, args[0])
	got, err := p.exit()
	if err != nil || got != want {
		ts.Fatalf("%s: exit code %d, want %d (%v); it printed\n%s", args[0], got, want, err, p.text())
	}
}

func cmdGet(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: get NAME PATH REGEXP")
	}
	got := fetch(ts, args[0], args[1])
	if regexp.MustCompile("^200 (?s:.*)"+args[2]).MatchString(got) == neg {
		ts.Fatalf("GET %s from %s: %s", args[1], args[0], got)
	}
}

func cmdAddr(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: addr NAME VAR [SERVER]")
	}
	server := "http"
	if len(args) == 3 {
		server = args[2]
	}
	addr, err := processOf(ts, args[0]).addr(server)
	ts.Check(err)
	ts.Setenv(args[1], addr)
}

func cmdBegin(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: begin ID NAME PATH")
	}
	answer := make(chan string, 1)
	stageOf(ts).requests[args[0]] = answer
	go func() { answer <- fetch(ts, args[1], args[2]) }()
}

func cmdFinish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: finish ID REGEXP")
	}
	select {
	case got := <-stageOf(ts).requests[args[0]]:
		if !regexp.MustCompile(args[1]).MatchString(got) {
			ts.Fatalf("request %s: %s", args[0], got)
		}
	case <-time.After(patience):
		ts.Fatalf("request %s was never answered", args[0])
	}
}

// fetch returns "200 body" or the error, on a new connection.
func fetch(ts *testscript.TestScript, name, path string) string {
	url := path
	if strings.HasPrefix(path, "/") {
		addr, err := processOf(ts, name).addr("http")
		if err != nil {
			return err.Error()
		}
		url = "http://" + addr + path
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err.Error()
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, body)
}
