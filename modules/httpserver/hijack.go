package httpserver

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gracefulfx/graceful/modules/httpserver/internal/conns"
)

// bareWriter is what net/http's own writer of an HTTP/1 response can do, as far as
// it is reachable.
type bareWriter interface {
	http.ResponseWriter
	http.Flusher
	http.Hijacker
	//lint:ignore SA1019 deprecated, yet handlers still ask for it
	http.CloseNotifier
	io.ReaderFrom
	io.StringWriter
	FlushError() error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
	EnableFullDuplex() error
}

// hijackWriter gives the raw connection away: WebSocket libraries look for the
// *net.TCPConn that they know.
type hijackWriter struct{ bareWriter }

// rawHijack is only for requests that are about to take over their connection: to
// wrap the writer costs an allocation.
func rawHijack(w http.ResponseWriter) http.ResponseWriter {
	if bare, ok := w.(bareWriter); ok {
		return &hijackWriter{bare}
	}
	return w
}

func (w *hijackWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := w.bareWriter.Hijack()
	return conns.Bare(nc), rw, err
}
