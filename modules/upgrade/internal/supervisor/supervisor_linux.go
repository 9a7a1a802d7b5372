package supervisor

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
)

// start starts the first generation on this thread, which must live as long as the
// process: for PR_SET_PDEATHSIG the parent is the thread.
func start(c Config, mine *os.File) (pid int, err error) {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("become a subreaper: %w", err)
	}
	return process.StartFirst(c.Initial, c.Program, mine, c.Without)
}

// reap waits for every process that ends below the supervisor. The last exit that
// it sends has no process: none is left.
func reap(exits chan<- exit, mine *os.File) {
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		e := exit{pid: pid, code: ws.ExitStatus(), reason: fmt.Sprintf("exit status %d", ws.ExitStatus())}
		if ws.Signaled() {
			e.code, e.reason = 128+int(ws.Signal()), "signal "+unix.SignalName(ws.Signal())
		}
		if err != nil { // none is left
			e = exit{}
		}
		if _, failed := mine.WriteString("\n"); failed != nil {
			return
		}
		exits <- e
		if err != nil {
			return
		}
	}
}

func send(pid int, sig os.Signal) {
	if n, ok := sig.(syscall.Signal); ok {
		_ = syscall.Kill(pid, n) // it may be ending
	}
}

func exists(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
