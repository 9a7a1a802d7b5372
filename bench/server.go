//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/bench/handler"
	"github.com/gracefulfx/graceful/bench/proc"
)

// server is a rival that runs.
type server struct {
	rival
	bench *bench
	addr  string
	tls   bool
	env   []string
	path  string // of the program
	args  []string
	root  *proc.Process // what was started
	pid   int           // of the process that serves
	back  *server       // behind a proxy
}

const patience = 15 * time.Second // for a start, a switch, an exit

// start starts a server and waits until it serves. env overrides the rest.
func (b *bench) start(r rival, tls bool, env ...string) (*server, error) {
	addr, err := proc.FreeAddr()
	if err != nil {
		return nil, err
	}
	s := &server{rival: r, bench: b, addr: addr, tls: tls, path: filepath.Join(b.dir, r.name)}
	s.env = []string{handler.EnvAddr + "=" + addr, handler.EnvFile + "=" + b.file(), "BENCH_LOG_LEVEL=warn"}
	if tls {
		cert, key := b.certificate()
		s.env = append(s.env, handler.EnvCert+"="+cert, handler.EnvKey+"="+key)
	}
	s.env = append(s.env, env...)
	b.running = append(b.running, s)
	if r.proxy != nil {
		if err := s.stand(); err != nil {
			return nil, err
		}
	}
	if err := s.launch(); err != nil {
		return nil, err
	}
	s.pid, err = s.await(0)
	return s, err
}

// stand puts a server behind the proxy.
func (s *server) stand() (err error) {
	if s.path, err = exec.LookPath(s.name); err != nil {
		return err
	}
	if s.back, err = s.bench.start(rival{name: "nethttp"}, false); err != nil {
		return err
	}
	s.args, err = s.proxy(s.bench.dir, s.addr, s.back.addr)
	return err
}

func (s *server) launch() (err error) {
	s.root, err = proc.Start(s.path, s.args, s.env, s.bench.log)
	return err
}

// target is the process that gets the signals.
func (s *server) target() int {
	if s.master {
		return s.root.PID
	}
	return s.pid
}

// await waits until another process than old answers, each time on a new
// connection.
func (s *server) await(old int) (pid int, err error) {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		var text []byte
		if text, err = s.get("/pid", time.Second); err == nil {
			if pid, err = strconv.Atoi(string(text)); err == nil && pid != old {
				return pid, nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	return 0, fmt.Errorf("%s: no new process answers on %s after %v: last %d, %w", s.name, s.addr, patience, pid, err)
}

// get sends a request on a new connection.
func (s *server) get(path string, patience time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	scheme := "http://"
	if s.tls {
		scheme = "https://"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+s.addr+path, nil)
	if err != nil {
		return nil, err
	}
	t := http.Transport{DisableKeepAlives: true, TLSClientConfig: trusting()}
	res, err := t.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return io.ReadAll(res.Body)
}

func (s *server) stats() (st handler.Stats, err error) {
	text, err := s.get("/stats", patience)
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal(text, &st)
}

// change is one restart.
type change struct {
	at  time.Time     // of the signal
	new time.Duration // until the new process answered on a new connection
	old time.Duration // until the old process was gone
	pid int           // of the new one, 0 if it does not say
}

// restart replaces the process that serves, in the rival's own way, and waits
// until the new one answers and the old one is gone.
func (s *server) restart() (change, error) {
	if s.proxy != nil {
		return s.reload()
	}
	old := s.pid
	c := change{at: time.Now()}
	if s.signal == 0 {
		if _, _, err := s.stop(); err != nil {
			return c, err
		}
		c.old = time.Since(c.at)
		if err := s.launch(); err != nil {
			return c, err
		}
	} else if err := proc.Signal(s.target(), s.signal); err != nil {
		return c, fmt.Errorf("%s: %v to %d: %w", s.name, s.signal, s.target(), err)
	}
	pid, err := s.await(old)
	if err != nil {
		return c, err
	}
	s.pid, c.pid, c.new = pid, pid, time.Since(c.at)
	if s.signal != 0 {
		gone, err := s.gone(old)
		if err != nil {
			return c, err
		}
		c.old = gone.Sub(c.at)
	}
	return c, nil
}

// gone waits for the exit of a process of this server.
func (s *server) gone(pid int) (time.Time, error) {
	at, err := proc.Gone(pid, patience)
	if err == nil && pid != s.root.PID {
		proc.Reap(pid)
	}
	return at, err
}

// stop sends SIGTERM and waits for the exit of what serves.
func (s *server) stop() (at time.Time, code int, err error) {
	if err := proc.Signal(s.target(), unix.SIGTERM); err != nil {
		return at, 0, fmt.Errorf("%s: SIGTERM to %d: %w", s.name, s.target(), err)
	}
	return s.root.Wait(patience)
}

// kill ends all remaining processes of the server: the descendants of this process
// that run its program, by their ids.
func (s *server) kill() {
	if s.back != nil {
		defer s.back.kill()
	}
	for _, pid := range proc.Children(os.Getpid()) {
		if exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err == nil && exe == s.path {
			proc.Signal(pid, unix.SIGKILL)
			s.gone(pid)
		}
	}
	s.bench.running = slices.DeleteFunc(s.bench.running, func(o *server) bool { return o == s })
}
