package supervisor

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/gracefulfx/graceful/modules/upgrade/internal/process"
)

// Config has the parameters of Run.
type Config struct {
	Name    string           // of the application, for lines on Stderr
	Program process.Program  // to start
	Initial *process.Initial // arguments and directory for it
	Without string           // a variable that the program does not get
	Signals <-chan os.Signal // to pass on
	Stderr  io.Writer        // for the end of a generation that was not clean
}

// supervisor is the state of a supervisor. It belongs to the goroutine of run.
type supervisor struct {
	Config
	generations generations
	last        int // exit code of the generation that ended last
}

// exit is the end of a process below the supervisor.
type exit struct {
	pid    int
	code   int
	reason string
}

// news is one event for a supervisor: a line of a generation, or an exit.
type news struct {
	line string
	exit *exit
}

// Run starts the program, blocks until its last generation has ended, and returns
// the exit code of that one. If it returns an error, nothing was started.
func Run(c Config) (code int, err error) {
	said, mine, err := os.Pipe()
	if err != nil {
		return 1, fmt.Errorf("open a pipe: %w", err)
	}
	defer said.Close()
	pid, err := start(c, mine)
	if err != nil {
		return 1, err
	}
	s := &supervisor{Config: c}
	if pid <= 1 { // 0 and less stand for many processes (kill(2))
		return 1, fmt.Errorf("start %s: it has the process id %d", c.Program.Path, pid)
	}
	s.generations.charge(pid)
	giveBackMemory()

	learned, exits := make(chan news), make(chan exit)
	go reap(exits, mine)
	go listen(said, exits, learned)
	for s.generations.inCharge() != 0 {
		select {
		case sig := <-c.Signals:
			s.pass(sig)
		case n := <-learned:
			s.learn(n)
		}
	}
	return s.last, nil
}

// listen sends the events in order: the reaper marks an exit by an empty line,
// which comes after the lines that the process has written.
func listen(said io.Reader, exits <-chan exit, learned chan<- news) {
	for lines := bufio.NewScanner(said); lines.Scan(); {
		if lines.Text() != "" {
			learned <- news{line: lines.Text()}
			continue
		}
		e := <-exits
		learned <- news{exit: &e}
	}
}

// pass sends a signal to the generation in charge. A number of 0, for none, or less
// would stand for many processes (kill(2)).
func (s *supervisor) pass(sig os.Signal) {
	if pid := s.generations.inCharge(); pid > 1 {
		send(pid, sig)
	}
}

func (s *supervisor) learn(n news) {
	if n.exit != nil {
		s.ended(*n.exit)
		return
	}
	pid, err := strconv.Atoi(n.line[1:])
	if err != nil || pid <= 1 || !exists(pid) { // its exit is known already, or will never be
		return
	}
	switch n.line[0] {
	case process.Hello:
		s.generations.hello(pid)
	case process.Charge:
		s.generations.charge(pid)
	case process.Leave:
		s.generations.leave(pid)
	}
}

func (s *supervisor) ended(e exit) {
	if e.pid == 0 { // no process is left
		s.generations = generations{}
		return
	}
	if !s.generations.ended(e.pid) {
		return // an orphan
	}
	s.last = e.code
	if e.code != 0 {
		fmt.Fprintf(s.Stderr, "%s: process %d ended: %s\n", s.Name, e.pid, e.reason)
	}
	s.generations.prune()
}

// prune removes generations that a process between them and the supervisor, such as
// a script, has reaped.
func (g *generations) prune() {
	for _, pid := range append(append([]int(nil), g.waiting...), g.charged...) {
		if !exists(pid) {
			g.remove(pid)
		}
	}
}
