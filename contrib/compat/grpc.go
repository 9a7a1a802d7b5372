package compat

import (
	"net/http"
	"strings"

	"google.golang.org/grpc"

	"github.com/gracefulfx/graceful/modules/httpserver"
)

// snippet: grpc-one-port
// newBoth answers calls of gRPC and requests of HTTP on one port. Their calls are
// requests of the HTTP server, which drains them; contrib/grpc has no part in it.
func newBoth(gs *grpc.Server, mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			gs.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// h2c is for clients without TLS: gRPC needs HTTP/2.
var h2c = httpserver.Tune("h2c", 0, func(s *http.Server) {
	s.Protocols = new(http.Protocols)
	s.Protocols.SetHTTP1(true)
	s.Protocols.SetUnencryptedHTTP2(true)
})

// end
