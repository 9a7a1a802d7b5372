// Package grpcserver serves gRPC under the plan of a graceful application.
//
//	graceful.Run(
//		graceful.Name("todo"),
//		grpcserver.Module, // TODO_GRPC_ADDR, :50051 by default
//		grpcserver.Register(func(s grpc.ServiceRegistrar, todos *Todos) {
//			pb.RegisterTodosServer(s, todos)
//		}),
//	)
//
// [Module] serves what [Register] adds, and [Options] and [OptionsFrom] are those
// of its *grpc.Server. [Manage] takes over a server that the application makes, and
// [Calls] lets its calls be counted and drained. [Config] is the section grpc.
//
// # Up and down
//
//	Bind      the port is taken, or the start fails
//	Serve     calls are accepted; health says SERVING when the application is
//	          ready
//	Announce  health says NOT_SERVING; not when a successor took over
//	Unbind    the port is closed (after the drain of servers that call this one,
//	          see app.Calls); app.Draining(ctx) of every call is closed, so
//	          that streams can end; Health.Watch and reflection end
//	Drain     clients get GOAWAY, calls in flight finish;
//	          shortly before the end: the contexts of calls are cancelled, with the
//	          *app.Reason as their Cause, and Recv returns; clients read "the server
//	          is stopping";
//	          at the end: the remaining calls are cut, counted and named in the log
//
// A stop loses nothing that grpc.Server.GracefulStop would not lose, within
// stop.timeout: a call is in flight from its header until its handler has returned
// and grpc-go has sent the last byte, and a process ends when the clients have
// acknowledged what was sent (on Linux).
//
// GracefulStop alone waits for ever, and both it and Stop wait up to two minutes
// for a connection that is open and silent. Here a connection that has sent nothing
// within a second is closed, and so is one whose client has not answered GOAWAY,
// after grpc.linger without an open call or a moving byte. These are counted as
// unresponsive.
//
// # A server of the application
//
// [Manage] takes a *grpc.Server that the application makes. Without the options of
// [Calls.ServerOptions] it drains like GracefulStop: its calls are not counted and
// do not notice the stop, and the log says so.
//
// # What is not promised
//
// A call that a client sends after GOAWAY fails with Unavailable, as gRPC
// specifies; clients with a retry policy or wait-for-ready do not notice that. A
// panic in an interceptor set with grpc.StreamInterceptor is not contained, nor one
// in a plain interceptor for services that were not registered through [Register].
// The health service shows start and stop, not the checks of readiness. The
// application builds named servers with [New]. Idle connections do not move to a
// successor: clients reconnect, to the same port, which an upgrade never closes.
//
// The page:
// https://github.com/gracefulfx/graceful/blob/main/docs/recipes.md#grpc
package grpcserver
