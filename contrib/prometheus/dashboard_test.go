//go:build unix

package prometheus_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	draw   = flag.Bool("draw", false, "draw dashboard.svg from what a minute of load gives")
	length = flag.Duration("dashboard", 6*time.Second, "how long two processes are under load and scraped; -draw wants a minute")
)

// panel is a panel of the dashboard, with the results of its queries.
type panel struct {
	Type, Title string
	GridPos     struct{ X, Y, W, H int }
	FieldConfig struct{ Defaults struct{ Unit string } }
	Targets     []struct{ Expr, LegendFormat string }

	lines []line
}

type line struct {
	name   string
	values [][2]float64 // time in seconds, value
}

// Every query of the dashboard is answered by a Prometheus that scrapes two
// processes, of which one reloads, is replaced and stops.
func TestPanelsShowWhatHappens(t *testing.T) {
	if _, err := exec.LookPath("prometheus"); err != nil {
		t.Skip("prometheus is not installed")
	}
	first, second := startProgram(t), startProgram(t)
	server := startPrometheus(t, first.metrics, second.metrics)
	began := time.Now()
	stop := make(chan struct{})
	var load sync.WaitGroup
	for i := range 12 {
		load.Go(func() { first.load(stop, i%4 == 0) })
		load.Go(func() { second.load(stop, i%4 == 0) })
	}
	after := func(share float64) { <-time.After(time.Until(began.Add(time.Duration(share * float64(*length))))) } // the picture's clock
	after(0.25)
	first.configure(t, "log: {level: error}\n")
	after(0.35)
	second.configure(t, "log: {level: loud}\n")
	after(0.5)
	first.signal(t, syscall.SIGUSR2)
	after(0.85)
	second.signal(t, syscall.SIGTERM)
	after(1)

	var d struct{ Panels []*panel }
	text, err := os.ReadFile("dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	quiet := map[string]bool{"Failures of tasks and panics": true} // nothing fails
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			p.lines = append(p.lines, query(t, server, q.Expr, q.LegendFormat, began)...)
		}
		if len(p.lines) == 0 && !quiet[p.Title] {
			t.Errorf("panel %q shows nothing", p.Title)
		}
	}
	close(stop)
	load.Wait()
	if *draw {
		if err := os.WriteFile("dashboard.svg", drawn(d.Panels, began, *length), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// query returns the series of an expression since the beginning.
func query(t *testing.T, server, expr, legend string, began time.Time) (lines []line) {
	t.Helper()
	interval := max(*length/10, 2*time.Second)
	expr = strings.NewReplacer("$job", ".*", "$instance", ".*", "$__rate_interval", fmt.Sprintf("%dms", interval.Milliseconds())).Replace(expr)
	args := url.Values{"query": {expr}, "start": {unix(began)}, "end": {unix(time.Now())}, "step": {fmt.Sprint(length.Seconds() / 60)}}
	var answer struct {
		Status, Error string
		Data          struct {
			Result []struct {
				Metric map[string]string
				Values [][2]any
			}
		}
	}
	res, err := http.Get(server + "/api/v1/query_range?" + args.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Status != "success" {
		t.Errorf("%s: %v %s", expr, err, answer.Error)
	}
	for _, r := range answer.Data.Result {
		l := line{name: label.ReplaceAllStringFunc(legend, func(s string) string { return r.Metric[strings.Trim(s, "{} ")] })}
		for _, v := range r.Values {
			var y float64
			if _, err := fmt.Sscan(v[1].(string), &y); err == nil && y == y {
				l.values = append(l.values, [2]float64{v[0].(float64), y})
			}
		}
		lines = append(lines, l)
	}
	return lines
}

var label = regexp.MustCompile(`\{\{[^}]*\}\}`)

func unix(t time.Time) string { return fmt.Sprintf("%.3f", float64(t.UnixMilli())/1000) }

// process is the program, in any of its generations.
type process struct {
	addr, metrics, file string
	pid                 func() int
}

func startProgram(t *testing.T) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &process{file: filepath.Join(dir, "dash.yaml")}
	pidFile := filepath.Join(dir, "pid")
	p.pid = func() (pid int) {
		text, _ := os.ReadFile(pidFile)
		_, _ = fmt.Sscan(string(text), &pid)
		return pid
	}
	p.configure(t, "log: {level: info}\n")
	cmd := exec.Command(self)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), programEnv+"=1", "DASH_CONFIG_FILE="+p.file, "DASH_HTTP_ADDR=127.0.0.1:0", "DASH_ADMIN_ADDR=off", "DASH_METRICS_ADDR=127.0.0.1:0", "DASH_UPGRADE_PID_FILE="+pidFile, "DASH_LOG_FORMAT=json")
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() {
		if pid := p.pid(); pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGTERM)
		}
		_ = cmd.Wait()
		_, _ = io.Copy(io.Discard, out) // until every generation has ended
		out.Close()
	})
	ready := regexp.MustCompile(`"msg":"ready".*"http":"([^"]+)".*"metrics":"([^"]+)"`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := ready.FindStringSubmatch(lines.Text()); m != nil {
			p.addr, p.metrics = m[1], m[2]
			return p
		}
	}
	t.Fatal("the program did not start")
	return nil
}

func (p *process) configure(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(p.file+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(p.file+".new", p.file); err != nil {
		t.Fatal(err)
	}
}

func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if pid := p.pid(); pid <= 0 || syscall.Kill(pid, s) != nil {
		t.Errorf("no process %d", pid)
	}
}

func (p *process) load(stop chan struct{}, searches bool) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	path := "/todos/1"
	if searches {
		path = "/search"
	}
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(rand.IntN(40)) * time.Millisecond):
		}
		if res, err := c.Get("http://" + p.addr + path); err == nil { // one of them stops
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
	}
}

func startPrometheus(t *testing.T, targets ...string) (server string) {
	t.Helper()
	dir := t.TempDir()
	conf := fmt.Sprintf("global: {scrape_interval: %dms, scrape_timeout: %[1]dms}\nscrape_configs:\n  - {job_name: dash, static_configs: [{targets: ['%s']}]}\n",
		max(length.Milliseconds()/60, 250), strings.Join(targets, "', '"))
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("prometheus", "--config.file="+dir+"/prometheus.yml", "--storage.tsdb.path="+dir+"/data", "--web.listen-address=127.0.0.1:0", "--log.format=json")
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	found, listens := make(chan string, 1), regexp.MustCompile(`"address":"?(127\.0\.0\.1:\d+)|Listening on.*?(127\.0\.0\.1:\d+)`)
	go func() {
		defer close(read)
		defer close(found)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := listens.FindStringSubmatch(lines.Text()); m != nil && !strings.HasSuffix(m[1]+m[2], ":0") {
				select {
				case found <- m[1] + m[2]:
				default:
				}
			}
		}
	}()
	addr, ok := <-found
	if !ok {
		t.Fatal("prometheus did not start")
	}
	return "http://" + addr
}
