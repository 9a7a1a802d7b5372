package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Service managers that follow one process id keep it through upgrades under load.
func TestSupervisorUnderServiceManagers(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, start := range map[string]func(dir string) manager{"supervisord": underSupervisord, "runit": underRunit, "foreman": underForeman} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Symlink(self, filepath.Join(dir, "echo")); err != nil {
				t.Fatal(err)
			}
			m := start(dir)
			if _, err := exec.LookPath(m.program); err != nil {
				t.Skipf("%s is not installed", m.program)
			}
			for file, text := range m.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			ask := func(args []string) string {
				out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
				if err != nil {
					t.Errorf("%q: %v, %s", args, err, out)
				}
				return string(out)
			}
			c := startChainOf(t, exec.Command(m.run[0], m.run[1:]...), dir, "ECHO_UPGRADE_SUPERVISE=true")
			defer func() {
				if t.Failed() {
					ask(m.stop)
				}
				c.p.kill()
			}()
			pid := func() string { return m.pid.FindString(ask(m.status)) }
			before := pid()
			if before == "" {
				t.Fatalf("no process id in %s", ask(m.status))
			}
			c.upgrades = 2 // supervisorctl needs seconds on a busy machine
			c.ask = func(int, int) error { ask(m.upgrade); return nil }
			c.finish = func(int) {
				if after := pid(); after != before {
					t.Errorf("%s, before the upgrades %s", after, before)
				}
				ask(m.stop)
			}
			c.upgradeUnderLoad(4, func(id int) { c.raw(id, 0, false) })
		})
	}
}

// manager is a service manager in the foreground, with the program as its service.
type manager struct {
	program                    string
	files                      map[string]string
	run, status, upgrade, stop []string
	pid                        *regexp.Regexp // in the output of status
}

// underSupervisord: see https://supervisord.org/configuration.html.
func underSupervisord(dir string) manager {
	conf := filepath.Join(dir, "supervisord.conf")
	ctl := func(args ...string) []string { return append([]string{"supervisorctl", "-c", conf}, args...) }
	return manager{
		program: "supervisord",
		files: map[string]string{"supervisord.conf": strings.ReplaceAll(`
[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
pidfile=DIR/supervisord.pid
[unix_http_server]
file=DIR/ctl
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://DIR/ctl
[program:echo]
command=DIR/echo
startsecs=0
autorestart=false
redirect_stderr=true
stdout_logfile=/dev/stderr
stdout_logfile_maxbytes=0
`, "DIR", dir)},
		run:    []string{"supervisord", "-c", conf},
		status: ctl("status", "echo"), upgrade: ctl("signal", "USR2", "echo"), stop: ctl("shutdown"),
		pid: regexp.MustCompile(`pid \d+`),
	}
}

// underRunit: see runsv(8).
func underRunit(dir string) manager {
	return manager{
		program: "runsv",
		files:   map[string]string{"run": "#!/bin/sh\nexec ./echo\n", "finish": "#!/bin/sh\nexit 0\n"},
		run:     []string{"runsv", dir},
		status:  []string{"sv", "status", dir}, upgrade: []string{"sv", "2", dir}, stop: []string{"sv", "exit", dir},
		pid: regexp.MustCompile(`pid \d+`),
	}
}

// underForeman: see https://ddollar.github.io/foreman. It knows no command for one
// of its processes, so the shell sends the signals; when one ends, it ends the
// others.
func underForeman(dir string) manager {
	sh := func(script string) []string { return []string{"sh", "-c", "cd " + dir + " && " + script} }
	return manager{
		program: "foreman",
		files:   map[string]string{"Procfile": "echo: echo $$ > echo.pid; exec ./echo\n"},
		run:     sh("echo $$ > foreman.pid && exec foreman start --timeout 60 --no-timestamp"),
		status:  sh("kill -0 $(cat echo.pid) && echo pid $(cat echo.pid)"), upgrade: sh("kill -USR2 $(cat echo.pid)"), stop: sh("kill -TERM $(cat foreman.pid)"),
		pid: regexp.MustCompile(`pid \d+`),
	}
}
