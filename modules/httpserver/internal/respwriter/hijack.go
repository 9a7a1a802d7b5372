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

// TakesOver reports whether r may take over its connection for another protocol. A
// request with a body does not, nor one that offers HTTP/2, as Java's client does
// with every request: those are answered like others.
func TakesOver(r *http.Request) bool {
	if r.Method == http.MethodConnect {
		return true
	}
	protocol, upgrade := r.Header["Upgrade"]
	return upgrade && r.ContentLength == 0 && !strings.EqualFold(protocol[0], "h2c")
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
