package respwriter

import (
	"bufio"
	"net"
	"net/http"
	"strings"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// hijackWriter gives the handler the raw connection: WebSocket libraries expect a
// *net.TCPConn.
type hijackWriter struct {
	bareWriter
	taken func() // the handler has taken the connection over
}

// TakesOver reports whether r may take over its connection for another protocol. If
// that is HTTP/2, which Java's client offers with every request, http2 is true
// instead. A request with a body does not: it is answered like others.
func TakesOver(r *http.Request) (takes, http2 bool) {
	if r.Method == http.MethodConnect {
		return true, false
	}
	protocol, upgrade := r.Header["Upgrade"]
	upgrade = upgrade && r.ContentLength == 0
	http2 = upgrade && strings.EqualFold(protocol[0], "h2c")
	return upgrade && !http2, http2
}

// RawHijack returns a writer whose Hijack returns the raw connection, and then
// calls taken. It is only for requests that may take over their connection:
// wrapping the writer costs an allocation.
func RawHijack(w http.ResponseWriter, taken func()) http.ResponseWriter {
	if bare, ok := w.(bareWriter); ok {
		return &hijackWriter{bare, taken}
	}
	return w
}

// Hijack implements http.Hijacker.
func (w *hijackWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := w.bareWriter.Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.taken()
	if kept := conns.Hijack(nc, rw.Reader); kept != nil {
		rw.Reader.Reset(kept) // what it had read ahead kept gives first
		rw.Writer.Reset(kept)
		return kept, rw, nil
	}
	return conns.ForHandler(nc), rw, nil
}
