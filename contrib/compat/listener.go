package compat

import (
	"net"
	"time"

	"github.com/pires/go-proxyproto"

	"github.com/gracefulfx/graceful/modules/httpserver"
)

// snippet: proxy-protocol
// behindBalancer reads the PROXY protocol of a load balancer, so that r.RemoteAddr
// is the client. Only the balancer's network is believed.
var behindBalancer = httpserver.WrapListener("", func(ln net.Listener) net.Listener {
	return &proxyproto.Listener{
		Listener:          ln,
		ConnPolicy:        proxyproto.ConnMustStrictWhiteListPolicy([]string{"10.0.0.0/8", "127.0.0.0/8"}),
		ReadHeaderTimeout: 5 * time.Second,
	}
})

// end
