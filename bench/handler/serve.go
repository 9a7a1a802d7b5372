package handler

import (
	"net"
	"net/http"
)

// Serve serves on l, with TLS if there is a certificate.
func Serve(s *http.Server, l net.Listener) error {
	if s.TLSConfig != nil {
		return s.ServeTLS(l, "", "")
	}
	return s.Serve(l)
}
