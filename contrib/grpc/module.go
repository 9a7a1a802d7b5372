package grpcserver

import (
	"fmt"
	"reflect"
	"time"

	"go.uber.org/fx"
	"google.golang.org/grpc"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// Module serves the services added with Register on the address of the section
// grpc. It provides *grpc.Server, made with the options added with Options,
// and *Server.
var Module = fx.Module("grpcserver",
	fx.Provide(newGRPC),
	Manage(),
)

// Manage adds a *grpc.Server that the application makes to the plan: the one that
// the constructor returns, or the one that is in the graph already. Use it instead
// of Module. The constructor should take a *Calls and pass its ServerOptions to
// grpc.NewServer: see the package comment.
func Manage(constructor ...any) fx.Option {
	return fx.Options(
		config.Section[Config]("grpc", config.Default(DefaultConfig)),
		fx.Provide(constructor...),
		fx.Provide(NewCalls, newServer),
		fx.Invoke(registerAll),
	)
}

const (
	optionGroup  = `group:"grpcserver.options,flatten"`
	serviceGroup = `group:"grpcserver.services"`
)

// Options adds options of the *grpc.Server, such as grpc.MaxConcurrentStreams.
// Their order between two calls of Options is not defined: interceptors that depend
// on one another belong in one call. For options that need something from the graph
// see OptionsFrom.
func Options(opts ...grpc.ServerOption) fx.Option {
	return fx.Supply(fx.Annotate(opts, fx.ResultTags(optionGroup)))
}

// OptionsFrom adds the options that a constructor returns: a function that takes
// what it needs from the graph and returns []grpc.ServerOption, perhaps with an
// error.
//
//	grpcserver.OptionsFrom(func(keys *Keys) []grpc.ServerOption {
//		return []grpc.ServerOption{grpc.Creds(credentials.NewTLS(keys.TLS()))}
//	})
func OptionsFrom(constructor any) fx.Option {
	return fx.Provide(fx.Annotate(constructor, fx.ResultTags(optionGroup)))
}

// Register adds services: fn is a function whose first argument is a
// grpc.ServiceRegistrar. Its other arguments come from the graph; it may return an
// error.
func Register(fn any) fx.Option {
	t := reflect.TypeOf(fn)
	if t == nil || t.Kind() != reflect.Func || t.IsVariadic() || t.NumIn() == 0 || t.In(0) != reflect.TypeFor[grpc.ServiceRegistrar]() ||
		t.NumOut() > 1 || t.NumOut() == 1 && t.Out(0) != reflect.TypeFor[error]() {
		return fx.Error(fmt.Errorf("grpcserver: %T is no func(grpc.ServiceRegistrar, ...) that returns nothing or an error", fn))
	}
	var in []reflect.Type
	for arg := range t.Ins() {
		in = append(in, arg)
	}
	// The constructor of a service: arguments from the graph are bound, and the
	// registrar follows when there is a server.
	bind := reflect.MakeFunc(reflect.FuncOf(in[1:], []reflect.Type{reflect.TypeFor[service]()}, false), func(args []reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf(service(func(r grpc.ServiceRegistrar) error {
			out := reflect.ValueOf(fn).Call(append([]reflect.Value{reflect.ValueOf(&r).Elem()}, args...))
			if len(out) == 1 {
				err, _ := out[0].Interface().(error)
				return err
			}
			return nil
		}))}
	})
	return fx.Provide(fx.Annotate(bind.Interface(), fx.ResultTags(serviceGroup)))
}

type service func(grpc.ServiceRegistrar) error

type grpcIn struct {
	fx.In

	Calls   *Calls
	Options []grpc.ServerOption `group:"grpcserver.options"`
}

func newGRPC(in grpcIn) *grpc.Server {
	opts := append([]grpc.ServerOption{grpc.ConnectionTimeout(10 * time.Second)}, in.Calls.ServerOptions()...)
	return grpc.NewServer(append(opts, in.Options...)...)
}

type serverIn struct {
	fx.In

	App     *app.App
	GRPC    *grpc.Server
	Calls   *Calls
	Config  *config.Value[Config]
	Sockets app.Sockets `optional:"true"`
}

func newServer(in serverIn) *Server {
	s := New(in.App, "grpc", in.GRPC, in.Calls, func() Config { return *in.Config.Get() })
	if in.Sockets != nil {
		s.sockets = in.Sockets
	}
	return s
}

type servicesIn struct {
	fx.In

	Server   *Server
	GRPC     *grpc.Server
	Services []service `group:"grpcserver.services"`
}

func registerAll(in servicesIn) error {
	r := registrar{in.GRPC, in.Server.calls}
	for _, register := range in.Services {
		if err := register(r); err != nil {
			return fmt.Errorf("register a gRPC service: %w", err)
		}
	}
	return nil
}
