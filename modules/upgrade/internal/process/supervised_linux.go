package process

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// findSupervisor reads the mark and removes it from the environment. It returns
// nil if there is no supervisor. When the supervisor ends, this process ends: the
// kernel sends it SIGTERM (PR_SET_PDEATHSIG(2)), so that requests in flight are
// still answered. findSupervisor must be called on the main thread, which lives as
// long as the process.
func findSupervisor() *Supervisor {
	mark, ok := os.LookupEnv(supervisorEnv)
	if !ok {
		return nil
	}
	_ = os.Unsetenv(supervisorEnv)
	s, ok := parseSupervisor(mark)
	var st unix.Stat_t
	if !ok || unix.Fstat(s.FD, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return nil
	}
	closeOnExec(s.FD)
	_ = unix.SetNonblock(s.FD, true) // a supervisor that was stopped must not stop this process
	if s.parent = os.Getppid() == s.PID; s.parent {
		_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGTERM), 0, 0, 0)
	}
	if s.parent && os.Getppid() != s.PID || errors.Is(unix.Kill(s.PID, 0), unix.ESRCH) {
		fmt.Fprintln(os.Stderr, "graceful: the supervisor ended before this process had begun; this process ends as well")
		_ = unix.Kill(os.Getpid(), unix.SIGTERM) // as the kernel would have; nothing catches it yet
	}
	s.say(Hello, os.Getpid())
	return &s
}
