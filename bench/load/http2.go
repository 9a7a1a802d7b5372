package load

//lint:file-ignore SA1019 net/http's own HTTP/2 client fails requests that it has never sent (golang.org/issue/62450); this one does not

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"

	"golang.org/x/net/http2"
)

// overHTTP2 shares a connection among eight clients.
func overHTTP2(p *Plan) ([]http.RoundTripper, *connections, func()) {
	var made connections
	all := make([]http.RoundTripper, max(1, p.Conns/8))
	for i := range all {
		all[i] = &http2.Transport{
			TLSClientConfig: p.TLS,
			DialTLSContext: func(ctx context.Context, network, addr string, config *tls.Config) (net.Conn, error) {
				d := tls.Dialer{Config: config}
				c, err := d.DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				made.dials.Add(1)
				if !c.(*tls.Conn).ConnectionState().DidResume {
					made.full.Add(1)
				}
				return c, nil
			},
		}
	}
	return all, &made, func() {
		for _, t := range all {
			t.(*http2.Transport).CloseIdleConnections()
		}
	}
}
