package deploy

import (
	"bufio"
	"bytes"
	"debug/elf"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// image makes the file system of the last stage of the Dockerfile, without
// the base's certificates and time zones.
func image(t *testing.T) (root string) {
	t.Helper()
	build := regexp.MustCompile(`(?m)^RUN GOWORK=off CGO_ENABLED=0 (go build .*) -o /todo \.$`).FindStringSubmatch(dockerfile(t))
	if build == nil {
		t.Fatal("the Dockerfile builds in another way than this test knows")
	}
	root = t.TempDir()
	for path := root; path != "/"; path = filepath.Dir(path) { // the user nobody has to get there
		if strings.HasPrefix(path, filepath.Clean(os.TempDir())+"/") {
			if err := os.Chmod(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	// -trimpath changes only names, and would make go compile everything again.
	cmd := exec.Command("sh", "-c", strings.Replace(build[1], " -trimpath", "", 1)+` -o "$1" .`, "sh", filepath.Join(root, "todo"))
	cmd.Dir = "../examples/todo"
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for dir, mode := range map[string]os.FileMode{"proc": 0o555, "data": 0o755, "tmp": 0o777 | os.ModeSticky} {
		path := filepath.Join(root, dir)
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(filepath.Join(root, "data"), nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return root
}

// container is the program as process 1.
type container struct {
	t    *testing.T
	cmd  *exec.Cmd
	data string // its /data, seen from here
	out  *bufio.Scanner
	said bytes.Buffer
}

func startContainer(t *testing.T, settings string, env ...string) *container {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can make the namespaces of a container")
	}
	root := image(t)
	c := &container{t: t, cmd: exec.Command("/proc/self/exe"), data: filepath.Join(root, "data")}
	c.cmd.Env = append(env, "ENGINE_ROOT="+root)
	for name, value := range imageEnv(t) {
		c.cmd.Env = append(c.cmd.Env, name+"="+value)
	}
	c.cmd.SysProcAttr = &unix.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
	c.configure(settings)
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd.Stderr = c.cmd.Stdout
	c.out = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		t.Skipf("no namespaces here: %v", err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill(); _ = c.cmd.Wait() })
	return c
}

// await returns the first line from here on that matches.
func (c *container) await(pattern string) string {
	c.t.Helper()
	for re := regexp.MustCompile(pattern); c.out.Scan(); {
		c.said.WriteString(c.out.Text() + "\n")
		if re.MatchString(c.out.Text()) {
			return c.out.Text()
		}
	}
	c.t.Fatalf("it ended without a line that matches %s:\n%s", pattern, c.said.String())
	return ""
}

func (c *container) configure(text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.data, "todo.yaml"), []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

func (c *container) signal(s unix.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

func TestTheProgramIsStatic(t *testing.T) {
	f, err := elf.Open(filepath.Join(image(t), "todo"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("it wants a dynamic linker, which the image does not have")
		}
	}
}

// Process 1 gets no signal that it does not handle, has no parent that could take
// over, and nothing around it but its own file. It reloads, refuses to be
// replaced, answers what it has begun, and ends.
func TestAsProcess1ItReloadsAndStops(t *testing.T) {
	c := startContainer(t, "ui: {title: Todo}", "TODO_HTTP_ADDR=127.0.0.1:0", "TODO_TODO_SLOW_ENDPOINT=true")
	ready := c.await(`"msg":"ready"`)
	if !strings.Contains(ready, `"pid":1,`) {
		t.Errorf("got %s, want process 1", ready)
	}
	url := "http://" + regexp.MustCompile(`"http":"([^"]+)"`).FindStringSubmatch(ready)[1]

	c.configure("ui: {titel: Groceries}")
	c.signal(unix.SIGHUP)
	if line := c.await(`reload failed.*SIGHUP|SIGHUP.*reload failed`); !strings.Contains(line, "titel") {
		t.Errorf("got %s, want the mistake", line)
	}
	c.configure("ui: {title: Groceries}")
	c.signal(unix.SIGHUP)
	c.await(`reload (done|unchanged).*"by":"[^"]*SIGHUP`) // unchanged if the watcher was faster

	c.signal(unix.SIGUSR2)
	if line := c.await(`upgrade (refused|failed)`); !strings.Contains(line, "roll the pod") {
		t.Errorf("got %s, want what to do instead", line)
	}

	sent, answered := slowRequest(t, url)
	<-sent
	c.signal(unix.SIGTERM)
	c.await(`"msg":"stopping"`)
	if got := <-answered; !strings.Contains(got, "slept") {
		t.Errorf("the request that was under way got %q", got)
	}
	c.await(`stopped \(SIGTERM\).*drained.*exit code 0`)
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("got %v, want exit code 0", err)
	}
}

// slowRequest sends a request that takes a second. sent is closed when the kernel
// has the request.
func slowRequest(t *testing.T, url string) (sent <-chan struct{}, answered <-chan string) {
	t.Helper()
	wrote, body := make(chan struct{}), make(chan string, 1)
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(wrote) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/slow?d=1s", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
		res, err := client.Do(req)
		if err != nil {
			body <- err.Error()
			return
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		body <- string(text)
	}()
	return wrote, body
}
