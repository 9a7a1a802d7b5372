package grpcserver

import (
	"context"
	"slices"

	"google.golang.org/grpc"
)

// registrar registers services so that a panic in an interceptor is contained, too:
// an interceptor that is set with grpc.UnaryInterceptor runs before those of Calls.
type registrar struct {
	*grpc.Server
	calls *Calls
}

// RegisterService registers a copy of desc, since generated descriptions are
// shared.
func (r registrar) RegisterService(desc *grpc.ServiceDesc, impl any) {
	d := *desc
	d.Methods = slices.Clone(desc.Methods)
	for i := range d.Methods {
		m := &d.Methods[i]
		m.Handler = r.contained("/"+d.ServiceName+"/"+m.MethodName, m.Handler)
	}
	r.Server.RegisterService(&d, impl)
}

type methodHandler = func(srv any, ctx context.Context, dec func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error)

func (r registrar) contained(method string, next methodHandler) methodHandler {
	return func(srv any, ctx context.Context, dec func(any) error, interceptor grpc.UnaryServerInterceptor) (res any, err error) {
		defer func() { err = r.calls.outcome(recover(), method, err) }()
		return next(srv, ctx, dec, interceptor)
	}
}
