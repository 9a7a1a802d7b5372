package e2e_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
)

// process is a running program whose output can be waited for.
type process struct {
	cmd  *exec.Cmd
	code chan int // receives the exit code once
	*output
}

// output is shared by all generations of a program.
type output struct {
	mu    sync.Mutex
	lines []string
	news  chan struct{} // closed by the next line, or the end
	ended bool
}

func startProcess(cmd *exec.Cmd) (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, r.Close(), w.Close())
	}
	w.Close()
	p := &process{cmd, make(chan int, 1), &output{news: make(chan struct{})}}
	go p.read(r)
	return p, nil
}

func (p *process) read(r io.ReadCloser) {
	defer r.Close()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		p.note(lines.Text(), false)
	}
	_ = p.cmd.Wait()
	p.code <- p.cmd.ProcessState.ExitCode()
	p.note("", true)
}

func (p *output) note(line string, ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ended {
		p.ended = true
	} else {
		p.lines = append(p.lines, line)
	}
	close(p.news)
	p.news = make(chan struct{})
}

// await returns the first line that matches, or an error if the process ends first,
// or patience does.
func (p *output) await(re *regexp.Regexp) (string, error) {
	timeout := time.After(patience)
	for seen := 0; ; {
		p.mu.Lock()
		lines, news, ended := p.lines, p.news, p.ended
		p.mu.Unlock()
		for ; seen < len(lines); seen++ {
			if re.MatchString(lines[seen]) {
				return lines[seen], nil
			}
		}
		if ended {
			return "", fmt.Errorf("it ended without a line that matches %q", re)
		}
		select {
		case <-news:
		case <-timeout:
			return "", fmt.Errorf("no line that matches %q", re)
		}
	}
}

// exit waits for the end and returns the exit code, -1 if a signal ended it.
func (p *process) exit() (int, error) {
	select {
	case code := <-p.code:
		p.code <- code
		return code, nil
	case <-time.After(patience):
		return 0, errors.New("it did not end")
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_, _ = p.exit()
}

func (p *output) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// addr returns where a server can be reached, as the ready line says.
func (p *process) addr(server string) (string, error) {
	ready := regexp.MustCompile(`\bready\b.*"` + server + `":\s*"([^"]+)"`)
	line, err := p.await(ready)
	if err != nil {
		return "", err
	}
	return ready.FindStringSubmatch(line)[1], nil
}

func (p *process) url(path string) (string, error) {
	addr, err := p.addr("http")
	return "http://" + addr + path, err
}
