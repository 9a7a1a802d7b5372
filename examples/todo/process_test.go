package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// process is this test binary in another role; see TestMain.
type process struct {
	cmd *exec.Cmd
	url string // of a main that is ready
	in  io.Writer
	out *bufio.Reader // standard output and standard error
}

func start(t *testing.T, role string, env ...string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "TEST_ROLE="+role, "XDG_RUNTIME_DIR="+t.TempDir()), env...) // so that no command for another todo comes here
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return &process{cmd: cmd, in: in, out: bufio.NewReader(out)}
}

func (p *process) command(t *testing.T, lines string) {
	t.Helper()
	if _, err := io.WriteString(p.in, lines); err != nil {
		t.Fatal(err)
	}
}

func (p *process) expect(t *testing.T, want string) {
	t.Helper()
	if got, err := p.out.ReadString('\n'); got != want+"\n" {
		t.Fatalf("got %q (%v), want %q", got, err, want)
	}
}

// await reads what the process says up to a line that contains want.
func (p *process) await(t *testing.T, want string) string {
	t.Helper()
	var seen strings.Builder
	for {
		line, err := p.out.ReadString('\n')
		if strings.Contains(line, want) {
			return line
		}
		if seen.WriteString(line); err != nil {
			t.Fatalf("the process ended (%v) without saying %q:\n%s", err, want, &seen)
		}
	}
}

// kill ends the process as a power switch would, and returns how many acknowledged
// writes the test has not read yet.
func (p *process) kill(t *testing.T) (acked int) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(p.out)
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Wait() // killed: that is the error
	for _, c := range rest {
		if c == '\n' {
			acked++
		}
	}
	return acked
}
