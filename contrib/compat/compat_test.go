package compat

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
)

func TestMain(m *testing.M) {
	name := os.Getenv("COMPAT_PROGRAM")
	for _, program := range []func(){programs[name], systemPrograms[name]} {
		if program != nil {
			program()
			return
		}
	}
	goleak.VerifyTestMain(m)
}

// TestPagesShowWhatIsCompiled compares every marked block with its snippet.
func TestPagesShowWhatIsCompiled(t *testing.T) {
	have := snippets(t)
	shown := map[string]bool{}
	settingsBlock := regexp.MustCompile("<!-- settings: ([a-z-]+) -->\\s*```yaml\n((?s:.*?))```")
	beforeGo := regexp.MustCompile("(?m)^(.*)\n```go$")
	block := regexp.MustCompile("<!-- snippet: ([a-z-]+) -->\\s*```go\n((?s:.*?))```")
	for _, page := range []string{"README.md", "docs/migrating.md", "docs/recipes.md", "docs/testing.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range settingsBlock.FindAllStringSubmatch(string(text), -1) {
			want, err := os.ReadFile(filepath.Join("testdata", m[1]+".yaml"))
			if err != nil || m[2] != string(want) {
				t.Errorf("%s shows as %s\n%s\nwant\n%s (%v)", page, m[1], m[2], want, err)
			}
		}
		for _, m := range block.FindAllStringSubmatch(string(text), -1) {
			shown[m[1]] = true
			if want := have[m[1]]; m[2] != want {
				t.Errorf("%s shows as %s\n%s\nwant\n%s", page, m[1], m[2], want)
			}
		}
		for _, m := range beforeGo.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasPrefix(m[1], "<!-- snippet: ") {
				t.Errorf("%s shows Go that nothing compiles, after %q", page, m[1])
			}
		}
	}
	for name := range have {
		if !shown[name] {
			t.Errorf("no page shows the snippet %s", name)
		}
	}
}

func snippets(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	var files []string
	for _, glob := range []string{"*.go", "before/*.go", "settings/*.go"} {
		found, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^(\t*)// snippet: ([a-z-]+)\n((?s:.*?))\n?^\t*// end$`).FindAllStringSubmatch(string(text), -1) {
			lines := strings.SplitAfter(m[3], "\n")
			for i := range lines {
				lines[i] = strings.TrimPrefix(lines[i], m[1])
			}
			all[m[2]] = strings.TrimRight(strings.Join(lines, ""), "\n") + "\n"
		}
	}
	hello, err := os.ReadFile("../../examples/hello/main.go") // whole, as one pastes it
	if err != nil {
		t.Fatal(err)
	}
	all["readme-main"] = string(hello)
	return all
}

func TestHandMadeHooksUnderCore(t *testing.T) {
	t.Setenv("APP_HTTP_ADDR", "127.0.0.1:0")
	a := fxtest.New(t, fromHooksCore(), fx.Decorate(func(s *http.Server) *http.Server { s.Addr = ""; return s }))
	a.RequireStart()
	a.RequireStop()
}

// Options are only looked at by fx when it runs, so each program is built.
func TestProgramsCanBeBuilt(t *testing.T) {
	for name, opts := range map[string]fx.Option{
		"config": fromFlags(),
		"lines":  fx.Invoke(serveLines),
		"slog":   fx.Options(slogDefault),
	} {
		before := slog.Default()
		if err := fx.New(fx.NopLogger, graceful.Module, opts).Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		slog.SetDefault(before)
	}
}

func TestLinesAreServed(t *testing.T) {
	addr := make(chan string, 1)
	x := apptest.New(t, fx.Invoke(serveLines), fx.Decorate(func(s app.Sockets) app.Sockets { return anyPort{s, addr} })).Start()
	c, err := net.Dial("tcp", <-addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if line, err := io.ReadAll(c); string(line) != "hello\n" || err != nil {
		t.Errorf("got %q and %v, want hello", line, err)
	}
	x.Stop()
}

// anyPort is sockets on which "lines" gets a port that is free.
type anyPort struct {
	app.Sockets
	addr chan string
}

func (s anyPort) Listen(ctx context.Context, name, network, address string) (net.Listener, error) {
	if name == "lines" {
		address = "127.0.0.1:0"
	}
	ln, err := s.Sockets.Listen(ctx, name, network, address)
	if err == nil && name == "lines" {
		s.addr <- ln.Addr().String()
	}
	return ln, err
}

func TestCoreWritesToASlogLogger(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	x := apptest.NewCore(t, fx.Supply(log), fx.Provide(newZap), fx.Invoke(func(a *app.App, l *zap.Logger) {
		l.With(zap.String("part", "mailer")).Warn("look", zap.Error(errors.New("no route")))
		l.Debug("not this")
	})).Start()
	x.Stop()
	for _, want := range []string{"level=WARN msg=look part=mailer error=\"no route\"", "msg=ready", "level=INFO"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "not this") {
		t.Error("the level of the slog handler does not count")
	}
}

// A line must read the same each time.
func TestFieldsReachSlogInTheirOrder(t *testing.T) {
	var out bytes.Buffer
	log := newZap(slog.New(slog.NewTextHandler(&out, nil))).With(zap.Int("z", 1), zap.Int("a", 2), zap.Namespace("in"), zap.Int("y", 3))
	for range 50 { // a map would come in another order by then
		out.Reset()
		log.Info("look", zap.Int("f", 1), zap.Int("e", 2), zap.Int("d", 3), zap.Namespace("deep"), zap.Int("c", 4), zap.Int("b", 5))
		if want := "z=1 a=2 in.y=3 in.f=1 in.e=2 in.d=3 in.deep.c=4 in.deep.b=5\n"; !strings.HasSuffix(out.String(), want) {
			t.Fatalf("got %s\nwant it to end in %s", out.String(), want)
		}
	}
}
