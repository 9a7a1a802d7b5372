// Package grpcserver serves gRPC under the plan of a graceful application.
//
//	graceful.Run(
//		graceful.Name("todo"),
//		grpcserver.Module, // TODO_GRPC_ADDR, :50051 by default
//		grpcserver.Register(func(s grpc.ServiceRegistrar, todos *Todos) { pb.RegisterTodosServer(s, todos) }),
//	)
//
// # Up and down
//
//	Bind      the port is taken, or the start fails
//	Serve     calls are accepted; health says SERVING when the application is ready
//	Announce  health says NOT_SERVING; not when a successor took over
//	Unbind    the port is closed; app.Draining(ctx) of every call is closed, so that streams can end
//	Drain     clients are told to go (GOAWAY), calls in flight finish; shortly before the end the contexts of calls
//	          are cancelled, their Cause is the *app.Reason; at the end what is left is cut and counted
//
// grpc.Server's own GracefulStop waits for ever, and both it and Stop wait up to
// two minutes for a connection that has been opened and says nothing. Here such
// connections are closed, as are those of clients that do not react to GOAWAY for
// grpc.linger while no call is in flight; neither loses anything.
//
// # What is not promised
//
// A call that a client sends after GOAWAY fails with Unavailable, as gRPC means it
// to; clients with a retry policy or wait-for-ready do not see that. The health
// service tells of start and stop, not of the checks of readiness. Named servers
// are for the application to build with [New]. Idle connections do not move to a
// successor: its clients reconnect, to the same port, which is never closed in an
// upgrade.
package grpcserver
