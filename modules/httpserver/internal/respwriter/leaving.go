package respwriter

import (
	"io"
	"net/http"
	"time"
)

// bareWriter has the methods of net/http's own writer of an HTTP/1 response, as far
// as they are documented.
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

// leavingWriter says goodbye with the final response, and does not change interim
// ones such as 103 Early Hints: for a client that reads Connection: close there,
// the response would be over (RFC 9110, 15.2). It is used where the connection
// cannot say goodbye: with TLS, and for HTTP/1.0.
type leavingWriter struct {
	bareWriter
	said bool
}

// Leaving returns a writer that says goodbye. say does so if the handler has
// written nothing.
func Leaving(w http.ResponseWriter) (_ http.ResponseWriter, say func()) {
	bare, ok := w.(bareWriter)
	if !ok {
		w.Header().Set("Connection", "close")
		return w, func() {}
	}
	l := &leavingWriter{bareWriter: bare}
	return l, l.say
}

func (w *leavingWriter) say() {
	if w.said {
		return
	}
	w.said = true
	if h := w.Header(); len(h["Connection"]) == 0 {
		h.Set("Connection", "close")
	}
}

// WriteHeader implements http.ResponseWriter.
func (w *leavingWriter) WriteHeader(status int) {
	if status >= http.StatusOK {
		w.say()
	}
	w.bareWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *leavingWriter) Write(p []byte) (int, error) {
	w.say()
	return w.bareWriter.Write(p)
}

// WriteString implements io.StringWriter.
func (w *leavingWriter) WriteString(s string) (int, error) {
	w.say()
	return w.bareWriter.WriteString(s)
}

// ReadFrom implements io.ReaderFrom.
func (w *leavingWriter) ReadFrom(r io.Reader) (int64, error) {
	w.say()
	return w.bareWriter.ReadFrom(r)
}

// Flush implements http.Flusher.
func (w *leavingWriter) Flush() {
	w.say()
	w.bareWriter.Flush()
}

// FlushError is called by http.ResponseController.
func (w *leavingWriter) FlushError() error {
	w.say()
	return w.bareWriter.FlushError()
}
