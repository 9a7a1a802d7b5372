package httpserver

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/internal/graph"
	"github.com/gracefulfx/graceful/modules/config"
)

// Module serves the application's http.Handler (or *http.ServeMux) and the routes
// added with Handle and AsRoute on the address of the section http. It provides
// *http.Server, to be tuned with Tune or, at root, with fx.Decorate, and *Server.
//
// A router that is provided by its own type, such as *gin.Engine, is served if it
// is provided as an http.Handler as well, with fx.As(fx.Self()) and
// fx.As(new(http.Handler)). If there is nothing to serve, a warning names the types
// that may be meant; a second handler that would not be served is an error.
var Module = fx.Options(theServer(), fx.Provide(newServerThatTuneChanges))

// HealthModule answers /livez, /readyz and /startupz on an address beside the
// application's, from the first phase of the start to the last of the stop, if the
// section health has one. It needs no other server. In an upgrade the predecessor
// answers until the successor is ready.
var HealthModule = fx.Options(
	config.Section[HealthConfig]("health"),
	fx.Invoke(func(in healthIn) error { return addHealth(in.App, in.Config.Get(), in.HTTP, in.Sockets) }),
)

type healthIn struct {
	fx.In

	App     *app.App
	Config  *config.Value[HealthConfig]
	HTTP    *config.Value[Config] `optional:"true"`
	Sockets app.Sockets           `optional:"true"`
}

// Manage puts the application's *http.Server under the plan: the one that
// constructor returns or, without a constructor, the one in the graph. It replaces
// Module and any hooks that called Serve and Shutdown. The server keeps its
// settings; of the section http, only addr (if Server.Addr is empty), linger,
// spread, rest_after, stall_timeout, max_connections and tls are used.
func Manage(constructor ...any) fx.Option {
	return fx.Options(fx.Provide(constructor...), fx.Module("httpserver", theServer()))
}

// Named adds another server for h, which may be anything that Handle takes, next to
// that of Module or Manage. Its section is http.<name>, its address addr unless the
// configuration has another, and its *http.Server and *Server are in the graph
// under its name. Routes and middleware do not apply to it.
func Named(name, addr string, h any) fx.Option {
	tag, section := `name:"`+name+`"`, "http."+name
	var handler fx.Option
	if made, ok := asHandler(h); ok {
		handler = supply(namedHandler{made}, tag)
	} else {
		handler = construct(h, tag, func(h http.Handler) namedHandler { return namedHandler{h} })
	}
	return fx.Module(section, handler,
		config.Section[Config](section, config.Tagged(name), config.Default(func() Config {
			c := DefaultConfig()
			c.Addr = addr
			return c
		})),
		fx.Provide(
			fx.Annotate(newNamed, fx.ParamTags("", tag, tag), fx.ResultTags(tag)),
			fx.Annotate(serverFor(section, true), fx.ParamTags("", tag, tag, `optional:"true"`), fx.ResultTags(tag)),
		),
		fx.Invoke(fx.Annotate(func(*Server) {}, fx.ParamTags(tag))),
	)
}

// namedHandler is the handler of a named server. It has a type, since the
// application may have plain http.Handlers under the same name.
type namedHandler struct{ http.Handler }

func newNamed(a *app.App, c *config.Value[Config], h namedHandler) (*http.Server, error) {
	if h.Handler == nil {
		return nil, errors.New("the constructor of a named server's handler returned nil")
	}
	hs := newStandard(*c.Get())
	hs.Handler = h.Handler
	if c.Get().Health {
		hs.Handler = a.HealthHandler(h.Handler)
	}
	return hs, nil
}

// theServer makes a Server of the *http.Server in the graph.
func theServer() fx.Option {
	return fx.Options(
		config.Section[Config]("http", config.Default(DefaultConfig)),
		fx.Provide(newServer),
		fx.Invoke(func(*Server) {}),
	)
}

// serverFor makes a Server of an *http.Server, with the settings of section. If
// ours is true, the *http.Server gets its settings from there too, except those
// that the application has tuned.
func serverFor(section string, ours bool) func(*app.App, *http.Server, *config.Value[Config], app.Sockets) (*Server, error) {
	return func(a *app.App, hs *http.Server, c *config.Value[Config], sockets app.Sockets) (*Server, error) {
		if hs == nil {
			return nil, fmt.Errorf("%s: the constructor of the *http.Server returned nil", section)
		}
		s := New(a, section, hs, c.Get)
		s.sockets = sockets
		if ours {
			s.fromConfig = settingsFromConfig(hs, c.Get())
		}
		config.OnReload(c, section, s.reload)
		return s, nil
	}
}

type serverIn struct {
	fx.In

	App     *app.App
	HTTP    *http.Server
	Config  *config.Value[Config]
	Sockets app.Sockets `optional:"true"`
	Origin  origin      `optional:"true"`
}

// origin is what newServerThatTuneChanges knows of the *http.Server that it has
// made. For an *http.Server of the application it is zero.
type origin struct {
	ours   bool
	advice string // what to do where the application brought nothing to serve
}

func newServer(in serverIn) (*Server, error) {
	s, err := serverFor("http", in.Origin.ours)(in.App, in.HTTP, in.Config, in.Sockets)
	if err != nil {
		return nil, err
	}
	s.advice = in.Origin.advice
	return s, nil
}

type contentIn struct {
	fx.In

	App        *app.App
	Config     *config.Value[Config]
	Handler    http.Handler   `optional:"true"`
	Mux        *http.ServeMux `optional:"true"`
	Routes     []Route        `group:"httpserver.routes"`
	Middleware []Middleware   `group:"httpserver.middleware"`
	Tuning     []tuning       `group:"httpserver.tuning"`
	Graph      fx.DotGraph
}

// newServerThatTuneChanges is named for an application that provides another
// *http.Server: fx's error has the name. Manage is for those that keep theirs.
func newServerThatTuneChanges(in contentIn) (*http.Server, origin, error) {
	h, err := in.content()
	if err != nil {
		return nil, origin{}, err
	}
	made := origin{ours: true}
	if h == nil {
		h = http.NotFoundHandler()
		made.advice = adviceToServe(mayBeMeant(graph.Parse(string(in.Graph))))
	}
	if in.Config.Get().Health {
		h = in.App.HealthHandler(h)
	}
	hs := newStandard(*in.Config.Get())
	hs.Handler = h
	return hs, made, applyTuning(hs, in.Tuning)
}

// content returns what the application wants served, or nil.
func (in contentIn) content() (http.Handler, error) {
	other, err := fallback(in.Handler, in.Mux, graph.Parse(string(in.Graph)))
	if err != nil {
		return nil, err
	}
	return assemble(in.Routes, in.Middleware, other)
}

// Tune changes the *http.Server before it is used: TLSConfig, Protocols, ErrorLog
// and everything else without a setting. If two change the same field, the one with
// the higher order wins; equal orders go by name, and two with the same order and
// name are an error of the container. It is for the server of Module, not for those
// of Manage and Named. A field that is tuned no longer follows the configuration.
func Tune(name string, order int, change func(*http.Server)) fx.Option {
	return supply(tuning{name, order, change}, tuningGroup)
}

// WrapListener makes a server accept through the listener that wrap returns for its
// listening socket; see [Server.WrapListener]. server is the name of one added with
// Named, or empty for that of Module or Manage.
func WrapListener(server string, wrap func(net.Listener) net.Listener) fx.Option {
	apply := any(func(s *Server) error { return s.WrapListener(wrap) })
	if server != "" {
		apply = fx.Annotate(apply, fx.ParamTags(`name:"`+server+`"`))
	}
	return fx.Invoke(apply)
}

// Handle adds a route. h is an http.Handler, a function with the signature of
// ServeHTTP, or a constructor of an http.Handler, which gets its arguments from the
// graph and may return an error.
func Handle(pattern string, h any) fx.Option {
	if made, ok := asHandler(h); ok {
		return supply(Route{pattern, made}, routeGroup)
	}
	return construct(h, routeGroup, func(h http.Handler) Route { return Route{pattern, h} })
}

func asHandler(h any) (http.Handler, bool) {
	if f, ok := h.(func(http.ResponseWriter, *http.Request)); ok {
		return http.HandlerFunc(f), true
	}
	made, ok := h.(http.Handler)
	return made, ok
}

// Use adds a middleware: a func(http.Handler) http.Handler, or a constructor of
// one. See Middleware for the order.
func Use(name string, order int, wrap any) fx.Option {
	if wrap, ok := wrap.(func(http.Handler) http.Handler); ok {
		return supply(Middleware{name, order, wrap}, middlewareGroup)
	}
	return construct(wrap, middlewareGroup, func(wrap func(http.Handler) http.Handler) Middleware {
		return Middleware{name, order, wrap}
	})
}

// AsRoute annotates a constructor of a Route or a []Route, for fx.Provide.
func AsRoute(constructor any) any {
	group := routeGroup
	if t := reflect.TypeOf(constructor); t != nil && t.Kind() == reflect.Func && t.NumOut() > 0 && t.Out(0).Kind() == reflect.Slice {
		group = `group:"httpserver.routes,flatten"`
	}
	return fx.Annotate(constructor, fx.ResultTags(group))
}

const (
	routeGroup      = `group:"httpserver.routes"`
	middlewareGroup = `group:"httpserver.middleware"`
	tuningGroup     = `group:"httpserver.tuning"`
)

func supply(v any, group string) fx.Option {
	return fx.Supply(fx.Annotate(v, fx.ResultTags(group)))
}

// construct provides to a group the result of finish for the constructor's first
// result, a T.
func construct[T, M any](constructor any, group string, finish func(T) M) fx.Option {
	want := reflect.TypeFor[T]()
	t := reflect.TypeOf(constructor)
	if t == nil || t.Kind() != reflect.Func || t.NumOut() == 0 || !t.Out(0).AssignableTo(want) || t.IsVariadic() {
		return fx.Error(fmt.Errorf("httpserver: %T is neither a %v nor a constructor of one", constructor, want))
	}
	var in []reflect.Type
	for arg := range t.Ins() {
		in = append(in, arg)
	}
	out := []reflect.Type{reflect.TypeFor[M]()}
	for i := 1; i < t.NumOut(); i++ {
		out = append(out, t.Out(i))
	}
	finished := reflect.MakeFunc(reflect.FuncOf(in, out, false), func(args []reflect.Value) []reflect.Value {
		results := reflect.ValueOf(constructor).Call(args)
		made, _ := results[0].Interface().(T) // nil if there is an error
		results[0] = reflect.ValueOf(finish(made))
		return results
	})
	return fx.Provide(fx.Annotate(finished.Interface(), fx.ResultTags(group)))
}
