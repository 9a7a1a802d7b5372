package httpserver_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// notes collects the notes of the module.
type notes struct {
	mu   sync.Mutex
	list []app.Note
}

func (n *notes) texts() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var texts []string
	for _, note := range n.list {
		texts = append(texts, note.Text)
	}
	return strings.Join(texts, "\n")
}

// options returns the modules of an application that serves, on a free port,
// without files.
func options(said *notes, addr string) fx.Option {
	return fx.Options(
		app.Module,
		config.Module,
		fx.Decorate(func(v *config.Value[httpserver.Config]) *config.Value[httpserver.Config] {
			c := *v.Get()
			c.Addr = addr
			return config.Static(c)
		}),
		fx.Invoke(func(a *app.App) {
			a.Observe(func(e app.Event) {
				if e, ok := e.(app.Noted); ok {
					said.mu.Lock()
					defer said.mu.Unlock()
					said.list = append(said.list, e.Note)
				}
			})
		}),
	)
}

const anyPort = "127.0.0.1:0"

// start runs an application with the module and returns the URL of its server.
func start(t *testing.T, said *notes, opts ...fx.Option) string {
	t.Helper()
	var s *httpserver.Server
	a := fxtest.New(t, options(said, anyPort), httpserver.Module, fx.Options(opts...), fx.Populate(&s))
	a.RequireStart()
	t.Cleanup(func() { a.RequireStop() })
	return "http://" + s.Addr().String()
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, strings.TrimSpace(string(body))
}

func text(s string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, s) })
}

func tag(s string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, s)
			next.ServeHTTP(w, r)
		})
	}
}

func TestModuleServesWhatTheApplicationBrings(t *testing.T) {
	mux := http.NewServeMux()
	mux.Handle("/mux", text("mux"))
	suffix := func() string { return "!" }
	tests := []struct {
		name   string
		opts   fx.Option
		path   string
		status int
		body   string
	}{
		{"handler", fx.Provide(func() http.Handler { return text("hi") }), "/x", 200, "hi"},
		{"mux", fx.Supply(mux), "/mux", 200, "mux"},
		{"handler beside a mux", fx.Options(fx.Supply(mux), fx.Provide(func() http.Handler { return text("hi") })), "", -1, "there are two handlers: http.Handler of "},
		{"handler made of a mux", fx.Options(fx.Supply(mux), fx.Provide(func(mux *http.ServeMux) http.Handler { return tag("around ")(mux) })), "/mux", 200, "around mux"},
		{"mux as handler", fx.Provide(fx.Annotate(func() *http.ServeMux { return mux }, fx.As(fx.Self()), fx.As(new(http.Handler)))), "/mux", 200, "mux"},
		{"mux of a part beside a handler", fx.Options(fx.Supply(mux), fx.Provide(func(*http.ServeMux) part { return part{} }, func() http.Handler { return text("hi") })), "/mux", 200, "hi"},
		{"handler sees unclean paths", fx.Options(httpserver.Handle("/r", text("route")), fx.Provide(func() http.Handler { return text("hi") })), "/a//b", 200, "hi"},
		{"route before handler", fx.Options(httpserver.Handle("/r", text("route")), fx.Provide(func() http.Handler { return text("hi") })), "/r", 200, "route"},
		{"route of a function", httpserver.Handle("/r", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "func") }), "/r", 200, "func"},
		{"route of a constructor", fx.Options(fx.Provide(suffix), httpserver.Handle("/r/{id}", func(s string) (http.Handler, error) { return text("made" + s), nil })), "/r/1", 200, "made!"},
		{"annotated route", fx.Provide(httpserver.AsRoute(func() httpserver.Route { return httpserver.Route{Pattern: "/r", Handler: text("as")} })), "/r", 200, "as"},
		{"annotated routes", fx.Provide(httpserver.AsRoute(func() []httpserver.Route { return []httpserver.Route{{Pattern: "/q"}, {Pattern: "/r"}} })), "/r", -1, "route \"/q\" has no handler"},
		{"no route", httpserver.Handle("/r", text("route")), "/x", 404, "404 page not found"},
		{"nothing", fx.Options(), "/", 404, "404 page not found"},
		{"live", fx.Options(), "/livez", 200, "ready"},
		{"started", fx.Options(), "/startupz", 200, "ready"},
		{"ready", fx.Provide(func() http.Handler { return text("hi") }), "/readyz", 200, "ready"},
		{"middleware in order", fx.Options(
			httpserver.Handle("/r", text("route")),
			httpserver.Use("c", 2, tag("c")), httpserver.Use("b", 1, tag("b")), httpserver.Use("a", 1, tag("a")),
			httpserver.Use("d", 3, func() func(http.Handler) http.Handler { return tag("d") }),
		), "/r", 200, "abcdroute"},
		{"middleware not around health", httpserver.Use("a", 1, tag("a")), "/livez", 200, "ready"},
		{"tuned", fx.Options(
			httpserver.Tune("second", 2, func(hs *http.Server) { hs.Handler = tag("2")(hs.Handler) }),
			httpserver.Tune("first", 1, func(hs *http.Server) { hs.Handler = text("1") }),
		), "/", 200, "21"},
		{"decorated", fx.Decorate(func(hs *http.Server) *http.Server { hs.Handler = text("mine"); return hs }), "/", 200, "mine"},
		{"missing dependency", fx.Provide(func(*strings.Reader) http.Handler { return nil }), "", -1, "needs *strings.Reader, which nothing provides"},
		{"missing dependency of a dependency", fx.Provide(func(int) http.Handler { return nil }, func(*strings.Reader) int { return 0 }), "", -1, "needs *strings.Reader, which nothing provides"},
		{"missing dependency of a mux", fx.Provide(func(*strings.Reader) *http.ServeMux { return nil }), "", -1, "*http.ServeMux is provided by"},
		{"missing dependency of a route", httpserver.Handle("/", func(*strings.Reader) http.Handler { return nil }), "", -1, "missing type: *strings.Reader"},
		{"nil handler", fx.Provide(func() http.Handler { return nil }), "", -1, "which returned nil"},
		{"constructor fails", fx.Provide(func() (http.Handler, error) { return nil, errors.New("no template") }), "", -1, "no template"},
		{"conflicting routes", fx.Options(httpserver.Handle("/a", text("")), httpserver.Handle("/a", text(""))), "", -1, `route "/a"`},
		{"bad pattern", httpserver.Handle("no slash", text("")), "", -1, `route "no slash"`},
		{"two middlewares alike", fx.Options(httpserver.Handle("/a", text("")), httpserver.Use("a", 1, tag("")), httpserver.Use("a", 1, tag(""))), "", -1, "give each its own order"},
		{"neither handler nor constructor", httpserver.Handle("/a", 7), "", -1, "int is neither a http.Handler nor a constructor"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.status < 0 {
				err := fx.New(fx.NopLogger, options(&notes{}, anyPort), httpserver.Module, tt.opts).Err()
				if err == nil || !strings.Contains(err.Error(), tt.body) {
					t.Errorf("got error %v, want one with %q", err, tt.body)
				}
				return
			}
			status, body := get(t, start(t, &notes{}, tt.opts)+tt.path)
			if status != tt.status || body != tt.body {
				t.Errorf("got %d %q, want %d %q", status, body, tt.status, tt.body)
			}
		})
	}
}

type part struct{}

type storeAPI struct{ http.Handler }

// To fx, a router that is provided by its own type is not an http.Handler.
func TestTypesThatMayBeMeantAreNamed(t *testing.T) {
	said := &notes{}
	start(t, said, fx.Provide(func() *storeAPI { return &storeAPI{text("hi")} }, func() part { return part{} }))
	got := said.texts()
	for _, want := range []string{"*httpserver_test.storeAPI of ", "(github.com/gracefulfx/graceful/modules/httpserver_test)", "fx.As(new(http.Handler))", "http.addr=off"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
	if strings.Contains(got, "part") || said.list[0].Level != slog.LevelWarn {
		t.Errorf("got %q at level %v, want a warning of what may be meant", got, said.list[0].Level)
	}
}

func TestModuleAloneNamesWhatToAdd(t *testing.T) {
	said := &notes{}
	start(t, said)
	if got := said.texts(); !strings.Contains(got, "add fx.Provide(newHandler)") || strings.Contains(got, "\n") {
		t.Errorf("got notes %q, want one that says what to add", got)
	}
}

func TestManageServesTheApplicationsOwnServer(t *testing.T) {
	var s *httpserver.Server
	var same *http.Server
	own := &http.Server{Handler: text("own"), Addr: anyPort}
	a := fxtest.New(t, options(&notes{}, "192.0.2.1:1"), httpserver.Manage(func() *http.Server { return own }), fx.Populate(&s, &same))
	a.RequireStart()
	defer a.RequireStop()
	if _, body := get(t, "http://"+s.Addr().String()); body != "own" || same != own {
		t.Errorf("got %q from %p, want own from %p", body, same, own)
	}
}

func TestManageWithoutAServerIsAnError(t *testing.T) {
	err := fx.New(fx.NopLogger, options(&notes{}, anyPort), httpserver.Manage(func() *http.Server { return nil })).Err()
	if err == nil || !strings.Contains(err.Error(), "returned nil") {
		t.Errorf("got %v, want an error", err)
	}
}

func TestBusyPortFailsTheStartBeforeAnythingElseStarts(t *testing.T) {
	ln, err := net.Listen("tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	started := false
	a := fx.New(fx.NopLogger, options(&notes{}, ln.Addr().String()), httpserver.Module,
		fx.Invoke(func(lc fx.Lifecycle) { lc.Append(fx.StartHook(func() { started = true })) }))
	err = a.Start(t.Context())
	port := strconv.Itoa(ln.Addr().(*net.TCPAddr).Port)
	if err == nil || !strings.Contains(err.Error(), "port "+port+" is taken") || started {
		t.Errorf("got %v, started %v, want an error that names port %s before anything started", err, started, port)
	}
}

func TestServeErrorStopsTheApplicationWithCode1(t *testing.T) {
	var a *app.App
	sockets := fragileSockets{make(chan struct{})}
	fxa := fxtest.New(t, options(&notes{}, anyPort), httpserver.Module,
		fx.Provide(func() app.Sockets { return sockets }), fx.Populate(&a))
	fxa.RequireStart()
	close(sockets.broken)
	<-a.Done()
	fxa.RequireStop()
	if r := a.Report(); r.Code != 1 || r.Reason.Kind != app.ServeFailed || !errors.Is(r.Reason, errBroken) {
		t.Errorf("got code %d, reason %v, want 1 and %v", r.Code, r.Reason, errBroken)
	}
}
