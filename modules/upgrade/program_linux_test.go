package upgrade

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/app"
)

// The test binary is also the program that the tests upgrade: a server of
// lines, in the App that every program has. Its directory holds, beside what
// it writes itself:
//
//	app         the program; tests put other things there
//	config      Config as JSON
//	fault       "GENERATION STEP ACTION": what happens when a generation comes to a step
//	speak       what a successor says on the line, and nothing else
//	stop        the budget of a stop
//	refuse      the program cannot be built, for the reason that stands there
const programEnv = "UPGRADE_TEST_DIR"

func runProgram(dir string) {
	a := app.New("test")
	if b, err := os.ReadFile(filepath.Join(dir, "speak")); err == nil && birth.fd >= 0 {
		_, _ = syscall.Write(birth.fd, b)
		select {}
	}
	prog := &testProgram{dir: dir, app: a}
	u, err := newUpgrader(a, func() Config { return readConfig(dir) }, prog.step)
	if why, bad := os.ReadFile(filepath.Join(dir, "refuse")); bad == nil {
		err = errors.New(string(why))
		estate.fail(err) // what the ErrorHook of the module does
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
	a.Add(app.Hook{Name: "udp", StartIn: app.Bind, OnStart: func(ctx context.Context) error {
		pc, err := u.Sockets().ListenPacket(ctx, "udp", "udp", "127.0.0.1:0")
		if err == nil {
			fmt.Printf("generation %d udp %v\n", a.Generation(), pc.LocalAddr())
		}
		return err
	}})
	a.At(app.Bind, "kept file", prog.keep)
	a.Add(app.Hook{Name: "slow", OnStart: func(ctx context.Context) error { prog.step("hook"); return prog.failIfTold() }})
	a.Go("sole", func(ctx context.Context) error {
		fmt.Printf("generation %d is the only one\n", a.Generation())
		<-ctx.Done()
		return nil
	}, app.Sole())

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

func readConfig(dir string) Config {
	c := DefaultConfig()
	c.KillAfter = 5 * time.Second
	if b, err := os.ReadFile(filepath.Join(dir, "config")); err == nil {
		if err := json.Unmarshal(b, &c); err != nil {
			panic(err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "config.2")); err == nil && birth.fd >= 0 {
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
			<-trying.exited
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

// generation works before the App knows it, too.
func (p *testProgram) generation() int {
	if birth.fd >= 0 && p.app.Generation() == 1 {
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

// snapshot is everything that a failed upgrade must leave as it was.
type snapshot struct {
	PID, Generation int
	Files           []string
	Goroutines      int
	Children        string
	NonBlocking     map[string]bool
	Environment     []string // what an upgrade needs; there is none between two
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
		if fd, err := duplicate(h.from); err == nil {
			flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
			s.NonBlocking[name] = flags&unix.O_NONBLOCK != 0
			closeAll([]int{fd})
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

// node is the identity of a file.
func node(path string) string {
	fi, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(fi.Sys().(*syscall.Stat_t).Ino, fi.ModTime().UnixNano())
}

// openFiles lists what this process has open, sockets by kind.
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

// lineServer answers each line; "keep-alive" is that the connection stays. It
// is an app.Mover as plain as can be.
type lineServer struct {
	p             *testProgram
	name          string
	network, addr string

	ln      net.Listener
	adopted net.Listener

	mu     sync.Mutex // guards everything below
	conns  map[*lineConn]struct{}
	to     app.Successor
	paused chan struct{} // closed by Resume
	closed bool
	all    sync.WaitGroup
}

type lineConn struct {
	net.Conn
	r    *bufio.Reader
	idle bool // waits for the first byte of a line
	stay bool // could not be moved
}

type deadliner interface{ SetDeadline(time.Time) error }

func newLineServer(p *testProgram, name, network, addr string) {
	s := &lineServer{p: p, name: name, network: network, addr: addr, conns: map[*lineConn]struct{}{}}
	p.app.Add(app.Hook{Name: name, StartIn: app.Bind, OnStart: s.bind, StopIn: app.Unbind, OnStop: s.unbind})
	p.app.Add(app.Hook{Name: name, StartIn: app.Serve, OnStart: s.serve, StopIn: app.Drain, OnStop: s.drain})
	p.app.Wiring().Moves(name, s)
}

func (s *lineServer) bind(ctx context.Context) (err error) {
	if s.ln, err = s.p.u.Sockets().Listen(ctx, s.name, s.network, s.addr); err != nil {
		return err
	}
	if s.network == "tcp" {
		s.p.app.Bound(s.name, s.ln.Addr())
	}
	s.adopted = s.p.u.Sockets().Adopted(s.name)
	return nil
}

func (s *lineServer) serve(context.Context) error {
	s.all.Go(s.accept)
	if s.adopted != nil {
		s.all.Go(func() {
			for {
				c, err := s.adopted.Accept()
				if err != nil {
					return
				}
				s.start(c, false)
			}
		})
	}
	return nil
}

func (s *lineServer) accept() {
	for {
		c, err := s.ln.Accept()
		if err == nil {
			s.start(c, false)
			continue
		}
		s.mu.Lock()
		paused := s.paused
		s.mu.Unlock()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if paused != nil {
			<-paused
		}
	}
}

func (s *lineServer) start(c net.Conn, stay bool) {
	lc := &lineConn{Conn: c, r: bufio.NewReader(c), stay: stay}
	s.mu.Lock()
	s.conns[lc] = struct{}{}
	s.mu.Unlock()
	s.all.Go(func() { s.talk(lc) })
}

func (s *lineServer) talk(c *lineConn) {
	for {
		if !s.waitForLine(c) {
			return
		}
		line, err := c.r.ReadString('\n')
		if err != nil {
			s.forget(c)
			return
		}
		if _, err := fmt.Fprintln(c, s.answer(strings.TrimSpace(line))); err != nil {
			s.forget(c)
			return
		}
	}
}

// waitForLine returns false when the connection is somebody else's or gone.
func (s *lineServer) waitForLine(c *lineConn) bool {
	for {
		s.mu.Lock()
		to, closed := s.to, s.closed
		if to != nil && !c.stay && c.r.Buffered() == 0 {
			delete(s.conns, c)
			s.mu.Unlock()
			s.hand(to, c)
			return false
		}
		c.idle = true
		if closed {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
		}
		s.mu.Unlock()
		_, err := c.r.Peek(1)
		s.mu.Lock()
		c.idle = false
		_ = c.SetReadDeadline(time.Time{})
		moving := s.to != nil && !c.stay
		s.mu.Unlock()
		switch {
		case err == nil:
			return true
		case errors.Is(err, os.ErrDeadlineExceeded) && moving:
		case errors.Is(err, os.ErrDeadlineExceeded) && !closed:
		default:
			s.forget(c)
			return false
		}
	}
}

func (s *lineServer) hand(to app.Successor, c *lineConn) {
	s.all.Add(1)
	to.Hand(s.name, c.Conn, func(taken bool) {
		defer s.all.Done()
		if taken {
			_ = c.Close()
			return
		}
		s.mu.Lock()
		stay := s.to != nil // to this successor it goes no more
		s.mu.Unlock()
		s.start(c.Conn, stay)
	})
}

func (s *lineServer) forget(c *lineConn) {
	_ = c.Close()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

func (s *lineServer) answer(line string) string {
	switch line {
	case "snapshot":
		b, _ := json.Marshal(s.p.snapshot())
		return string(b)
	case "status":
		b, _ := json.Marshal(s.p.u.Status())
		return string(b)
	case "upgrade":
		r, err := s.p.u.Upgrade(context.Background())
		b, _ := json.Marshal(r)
		if err != nil {
			return "error " + err.Error()
		}
		return string(b)
	case "kept":
		b, _ := os.ReadFile(fmt.Sprintf("/proc/self/fd/%d", s.p.kept.Fd()))
		return fmt.Sprint(strings.Fields(string(b)))
	case "endless":
		fmt.Printf("generation %d has an endless request\n", s.p.app.Generation())
		select {}
	case "chdir":
		return fmt.Sprint(os.Chdir("/"))
	case "inherited by a subprocess":
		out, err := exec.Command("ls", "-l", "/proc/self/fd").CombinedOutput()
		return fmt.Sprint(strings.Count(string(out), "socket:"), " sockets ", err)
	}
	return fmt.Sprintf("%d %s", s.p.app.Generation(), line)
}

func (s *lineServer) Move(_ context.Context, to app.Successor) error {
	s.mu.Lock()
	s.to, s.paused = to, make(chan struct{})
	_ = s.ln.(deadliner).SetDeadline(time.Unix(1, 0))
	for c := range s.conns {
		c.stay = false // that was another successor
		if c.idle {
			_ = c.SetReadDeadline(time.Unix(1, 0))
		}
	}
	s.mu.Unlock()
	for waiting := true; waiting; <-time.After(time.Millisecond) { // until nobody idles any more
		s.mu.Lock()
		waiting = false
		for c := range s.conns {
			waiting = waiting || c.idle && !c.stay
		}
		s.mu.Unlock()
	}
	return nil
}

func (s *lineServer) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to = nil
	for c := range s.conns {
		c.stay = false
	}
	_ = s.ln.(deadliner).SetDeadline(time.Time{})
	s.unpause()
}

// unpause is called with s.mu held.
func (s *lineServer) unpause() {
	if s.paused != nil {
		close(s.paused)
		s.paused = nil
	}
}

func (s *lineServer) unbind(context.Context) error {
	err := s.ln.Close()
	if s.adopted != nil {
		_ = s.adopted.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.unpause()
	for c := range s.conns {
		if c.idle {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
		}
	}
	return err
}

// drain waits for everybody and cuts who is left when half of its time is over.
func (s *lineServer) drain(ctx context.Context) error {
	empty := make(chan struct{})
	go func() { s.all.Wait(); close(empty) }()
	deadline, _ := ctx.Deadline()
	select {
	case <-empty:
	case <-time.After(time.Until(deadline) / 2):
		s.mu.Lock()
		defer s.mu.Unlock()
		app.Count(ctx, "cut", int64(len(s.conns)))
		for c := range s.conns {
			_ = c.Close()
		}
	}
	return nil
}
