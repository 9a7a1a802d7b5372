//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/bench/proc"
)

// The proxies are the reference: they stand in front of a server that is never
// restarted, and are themselves reloaded.
var proxies = []rival{
	{name: "haproxy", signal: unix.SIGUSR2, master: true, proxy: haproxy, note: "haproxy: master-worker mode, reload by SIGUSR2, otherwise its defaults"},
	{name: "nginx", signal: unix.SIGHUP, master: true, proxy: nginx, note: "nginx: reload by SIGHUP, otherwise its defaults but for keepalive_requests, which would cause further reconnects"},
}

// withProxies adds the proxies that are installed.
func (b *bench) withProxies(all []rival) []rival {
	if b.size.rivals != nil {
		b.Note("left out of this " + b.size.name + " run: haproxy, nginx")
		return all
	}
	for _, p := range proxies {
		if _, err := exec.LookPath(p.name); err != nil {
			b.Note(p.name + " skipped: not installed")
			continue
		}
		b.Note(p.note)
		all = append(all, p)
	}
	return all
}

// proxyCommand writes a configuration that leads from addr to backend, and
// returns how to run the proxy with it in the foreground.
type proxyCommand func(dir, addr, backend string) (args []string, err error)

func haproxy(dir, addr, backend string) ([]string, error) {
	path, err := fill(dir, "haproxy.cfg", `
global
	maxconn 4000
defaults
	mode http
	timeout connect 5s
	timeout client 30s
	timeout server 30s
frontend front
	bind ADDR
	default_backend back
backend back
	server only BACKEND
`, addr, backend)
	return []string{"-W", "-db", "-f", path}, err
}

func nginx(dir, addr, backend string) ([]string, error) {
	path, err := fill(dir, "nginx.conf", `
daemon off;
worker_processes 1;
pid DIR/nginx.pid;
error_log DIR/nginx.log;
events { worker_connections 4096; }
http {
	access_log off;
	client_body_temp_path DIR/body;
	proxy_temp_path DIR/proxy;
	fastcgi_temp_path DIR/fastcgi;
	uwsgi_temp_path DIR/uwsgi;
	scgi_temp_path DIR/scgi;
	keepalive_requests 1000000;
	upstream back { server BACKEND; keepalive 128; }
	server {
		listen ADDR;
		location / { proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection ""; }
	}
}
`, addr, backend)
	return []string{"-p", dir, "-c", path, "-e", filepath.Join(dir, "nginx.log")}, err
}

func fill(dir, name, text, addr, backend string) (string, error) {
	path := filepath.Join(dir, name)
	text = strings.NewReplacer("DIR", dir, "ADDR", addr, "BACKEND", backend).Replace(text)
	return path, os.WriteFile(path, []byte(text), 0o644)
}

// reload restarts a proxy, and waits until the old workers have left.
func (s *server) reload() (change, error) {
	c := change{at: time.Now()}
	workers := proc.Children(s.root.PID)
	if err := proc.Signal(s.root.PID, s.signal); err != nil {
		return c, err
	}
	for _, pid := range workers {
		gone, err := proc.Gone(pid, patience)
		if err != nil {
			return c, fmt.Errorf("%s, old worker: %w", s.name, err)
		}
		c.old = max(c.old, gone.Sub(c.at))
	}
	_, err := s.await(0)
	return c, err
}
