package upgrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/examples/lines/lineserver"
	"github.com/gracefulfx/graceful/internal/descriptor"
	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
)

// The test binary is also the program that the tests upgrade: a server of lines in
// an ordinary App. Its directory holds, besides what it writes itself:
//
//	app         the program; tests put other things there
//	config      Config as JSON
//	fault       "GENERATION STEP ACTION": what a generation does at a step
//	speak       what a successor sends to its predecessor, and nothing else
//	stop        the budget of a stop
//	cert, key   of a server with TLS; without them there is none
//	http        there is a server without TLS
//	stateless   connections with a state cannot be handed over to a new process
//	refuse      the program cannot be built, for the reason in this file
const programEnv = "UPGRADE_TEST_DIR"

func runProgram(dir string) {
	a := app.New("test")
	if b, err := os.ReadFile(filepath.Join(dir, "speak")); err == nil && process.AtStart().FD >= 0 {
		_, _ = syscall.Write(process.AtStart().FD, b)
		select {}
	}
	prog := &testProgram{dir: dir, app: a}
	u, err := newUpgrader(a, func() Config { return readConfig(dir) }, prog.step)
	if why, bad := os.ReadFile(filepath.Join(dir, "refuse")); bad == nil {
		err = errors.New(string(why))
		fromPredecessor.fail(err) // what the ErrorHook of the module does
	}
	if err != nil {
		fmt.Println("cannot build:", err)
		os.Exit(1)
	}
	prog.u = u
	if b, err := os.ReadFile(filepath.Join(dir, "stop")); err == nil {
		d, _ := time.ParseDuration(string(b))
		a.Wiring().Configure(app.DefaultStart, func() app.StopConfig { return app.StopConfig{Timeout: d} })
	}
	a.Observe(prog.observe)
	a.AddCheck(app.Check{Name: "green", Fn: prog.green})
	for name, where := range map[string][2]string{"line": {"tcp", "127.0.0.1:0"}, "unix": {"unix", filepath.Join(dir, "sock")}} {
		newLineServer(prog, name, where[0], where[1])
	}
	newHTTPS(prog)
	lines := newLines(a, u.Sockets(), dir)
	a.Add(app.Hook{Name: "udp", StartIn: app.Bind, OnStart: func(ctx context.Context) error {
		pc, err := u.Sockets().ListenPacket(ctx, "udp", "udp", "127.0.0.1:0")
		if err == nil {
			fmt.Printf("generation %d udp %v\n", a.Generation(), pc.LocalAddr())
		}
		return err
	}})
	a.At(app.Bind, "kept file", prog.keep)
	a.Add(app.Hook{Name: "slow", OnStart: func(ctx context.Context) error { prog.step("hook"); return prog.failIfTold() }})
	a.At(app.Serve, "say where lines are", func(context.Context) error {
		fmt.Printf("generation %d lines %v\n", a.Generation(), lines.Addr())
		return nil
	})
	a.Go("sole", func(ctx context.Context) error {
		fmt.Printf("generation %d is the only one\n", a.Generation())
		<-ctx.Done()
		return nil
	}, app.Exclusive())

	signals := make(chan os.Signal, 32)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR2)
	go func() {
		for s := range signals {
			if s == syscall.SIGTERM {
				a.Stop(app.Reason{Kind: app.Signalled, Signal: s})
				continue
			}
			go func() {
				_, err := u.Upgrade(context.Background())
				fmt.Printf("generation %d answered signal: %v\n", a.Generation(), err)
			}()
		}
	}()
	if err := a.Start(context.Background()); err != nil {
		fmt.Println("cannot start:", err)
		os.Exit(1)
	}
	<-a.Done()
	os.Exit(a.Report().Code)
}

// newLines adds the server whose connections have a state. If there is a file
// stateless, it is like one of an older release, which does not know states.
func newLines(a *app.App, sockets app.Sockets, dir string) *lineserver.Server {
	if _, err := os.Stat(filepath.Join(dir, "stateless")); err == nil {
		sockets = struct{ app.Sockets }{sockets}
	}
	s := lineserver.New(a, sockets, "127.0.0.1:0")
	s.Linger = 3 * time.Second
	return s
}

func readConfig(dir string) Config {
	c := DefaultConfig()
	c.KillAfter = 5 * time.Second
	if b, err := os.ReadFile(filepath.Join(dir, "config")); err == nil {
		if err := json.Unmarshal(b, &c); err != nil {
			panic(err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "config.2")); err == nil && process.AtStart().FD >= 0 {
		c.PIDFile = string(b)
	}
	return c
}

type testProgram struct {
	dir  string
	app  *app.App
	u    *Upgrader
	kept *os.File
}

func (p *testProgram) observe(e app.Event) {
	switch e := e.(type) {
	case app.StateChanged:
		if e.To == app.StateReady {
			fmt.Printf("generation %d pid %d ready on %s\n", p.app.Generation(), os.Getpid(), p.app.Addresses()[0].Addr)
		}
	case app.Noted:
		fmt.Printf("generation %d note: %s: %v\n", p.app.Generation(), e.Note.Text, e.Note.Err)
	case app.Ended:
		fmt.Printf("generation %d ended: %v\n", p.app.Generation(), e.Report)
	}
}

// step does what the file fault says.
func (p *testProgram) step(name string) {
	b, err := os.ReadFile(filepath.Join(p.dir, "fault"))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(b)) {
		gen, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		i := strings.LastIndexByte(rest, ' ')
		if i < 0 || gen != fmt.Sprint(p.generation()) || rest[:i] != name {
			continue
		}
		fmt.Printf("generation %s at %q: %s\n", gen, name, rest[i+1:])
		switch rest[i+1:] {
		case "die":
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		case "hang":
			select {}
		case "exit":
			os.Exit(3)
		case "term":
			p.app.Stop(app.Reason{Kind: app.Signalled, Signal: syscall.SIGTERM})
		case "outlive": // the successor
			p.u.mu.Lock()
			trying := p.u.trying
			p.u.mu.Unlock()
			<-trying.proc.Exited()
		case "dawdle": // the stop goes on until it waits for the upgrade, or ends
			for len(p.app.Wiring().RunningHooks()) == 0 || p.app.Wiring().RunningHooks()[0].Phase < app.Tasks {
				time.Sleep(time.Millisecond) // in the program under test, not in the test
			}
		case "orphan":
			_ = syscall.Kill(os.Getppid(), syscall.SIGKILL)
		case "nofile":
			var lim unix.Rlimit
			_ = unix.Getrlimit(unix.RLIMIT_NOFILE, &lim)
			lim.Cur = uint64(len(openFiles())) + 20
			_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &lim)
		}
	}
}

// generation returns the generation, even before the App knows it.
func (p *testProgram) generation() int {
	if process.AtStart().FD >= 0 && p.app.Generation() == 1 {
		return 2
	}
	return p.app.Generation()
}

func (p *testProgram) green(context.Context) error {
	if _, err := os.Stat(filepath.Join(p.dir, fmt.Sprint("red", p.app.Generation()))); err == nil {
		return errors.New("red")
	}
	return nil
}

func (p *testProgram) failIfTold() error {
	if why, err := os.ReadFile(filepath.Join(p.dir, fmt.Sprint("fail", p.app.Generation()))); err == nil {
		return errors.New(string(why))
	}
	return nil
}

// keep passes an open file on from generation to generation.
func (p *testProgram) keep(context.Context) error {
	f := p.u.Sockets().File("log")
	if f == nil {
		var err error
		if f, err = os.CreateTemp(p.dir, "kept"); err != nil {
			return err
		}
		_ = os.Remove(f.Name())
	}
	p.kept = f
	p.u.Sockets().Keep("log", f)
	_, err := fmt.Fprintf(f, "%d\n", p.app.Generation())
	return err
}

// snapshot has everything that a failed upgrade must leave as it was.
type snapshot struct {
	PID, Generation int
	Files           []string
	Goroutines      int
	Children        string
	NonBlocking     map[string]bool
	Environment     []string // the variables of upgrades, of which none may be left between two
	Variables       int      // of the whole environment
	PIDFile         string
	PIDFileNode     string // identity of it
	Socket          string // identity of the file of the unix socket
	Dir             string
	Memory          int `json:"-"`
}

func (p *testProgram) snapshot() snapshot {
	s := snapshot{PID: os.Getpid(), Generation: p.app.Generation(), Goroutines: runtime.NumGoroutine(), NonBlocking: map[string]bool{}}
	s.Files, s.Variables = openFiles(), len(os.Environ())
	tasks, _ := filepath.Glob("/proc/self/task/*/children")
	for _, t := range tasks {
		b, _ := os.ReadFile(t)
		s.Children += string(b)
	}
	for _, h := range p.u.sockets.held {
		name := h.info.Name
		if fd, err := descriptor.Duplicate(h.from); err == nil {
			flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
			s.NonBlocking[name] = flags&unix.O_NONBLOCK != 0
			descriptor.CloseAll([]int{fd})
		}
	}
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, "GRACEFUL") || strings.HasPrefix(kv, "LISTEN") {
			s.Environment = append(s.Environment, kv)
		}
	}
	b, _ := os.ReadFile(p.u.pid.path)
	s.PIDFile = strings.TrimSpace(string(b))
	s.PIDFileNode, s.Socket = node(p.u.pid.path), node(filepath.Join(p.dir, "sock"))
	s.Dir, _ = os.Getwd()
	return s
}

// node returns the identity of a file.
func node(path string) string {
	fi, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(fi.Sys().(*syscall.Stat_t).Ino, fi.ModTime().UnixNano())
}

// openFiles returns what this process has open, sockets by kind.
func openFiles() (files []string) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		target, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err != nil || strings.HasPrefix(target, "/proc/") {
			continue
		}
		kind, _, _ := strings.Cut(target, ":")
		files = append(files, kind)
	}
	return files
}
