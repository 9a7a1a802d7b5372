package process

import (
	"fmt"
	"strconv"
	"strings"
)

// supervisorEnv is the variable that marks a process with a supervisor: it holds
// the supervisor's process id and the descriptor of the pipe to it.
const supervisorEnv = "GRACEFUL_SUPERVISOR"

// Supervisor is the process that keeps its id while generations come and go; see
// package supervisor. A generation reaches it through a pipe.
type Supervisor struct {
	PID int
	FD  int // write end of the pipe; closed on exec

	parent bool // it is this process's parent, and a successor can be its child too
}

// supervisorMark returns the mark for a process that gets the pipe as fd.
func supervisorMark(pid, fd int) string { return fmt.Sprintf("%s=%d:%d", supervisorEnv, pid, fd) }

// parseSupervisor reads the value of the mark.
func parseSupervisor(mark string) (s Supervisor, ok bool) {
	pid, fd, _ := strings.Cut(mark, ":")
	var err, errFD error
	s.PID, err = strconv.Atoi(pid)
	s.FD, errFD = strconv.Atoi(fd)
	return s, err == nil && errFD == nil && s.PID > 0 && s.FD > lastStandardFD
}

// The lines that a supervisor reads, each with the process id of its sender.
const (
	Hello  = '+' // a generation has begun
	Charge = '!' // it is in charge from now on
	Leave  = '-' // it is no longer in charge
)

// say writes a line to the supervisor. The line is short enough to be written whole
// (pipe(7), PIPE_BUF), and nothing depends on a supervisor that has gone.
func (s *Supervisor) say(what rune, pid int) {
	if s != nil {
		write(s.FD, fmt.Sprintf("%c%d\n", what, pid))
	}
}
