package httpserver

import (
	"net/http"
	"reflect"
	"runtime/debug"
)

// recovered reports a panic of the handler once and answers 500 when nothing has
// been written yet. What has begun cannot be taken back: then the connection is
// cut, as net/http would, so that the client notices.
func (g *gate) recovered(w http.ResponseWriter, r *http.Request, v any) {
	if v == http.ErrAbortHandler {
		panic(v)
	}
	g.panicked(r, v, debug.Stack())
	if !untouched(w) {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Connection", "close")
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}

// untouched reports whether net/http's own response writer w has seen neither a
// header nor a hijack. net/http does not tell; wrapping every writer to know it
// would cost every request and hide what the writer can do. So this looks at the
// fields it keeps for itself, and says no when they are not there (TestPanic fails
// then).
func untouched(w http.ResponseWriter) bool {
	for {
		wrapped, ok := w.(interface{ bare() http.ResponseWriter })
		if !ok {
			break
		}
		w = wrapped.bare()
	}
	v := reflect.Indirect(reflect.ValueOf(w))
	if rws := field(v, "rws", reflect.Pointer); rws.IsValid() && !rws.IsNil() { // HTTP/2
		v = rws.Elem()
	} else {
		conn := field(v, "conn", reflect.Pointer)
		if !conn.IsValid() || conn.IsNil() {
			return false
		}
		if hijacked := field(conn.Elem(), "hijackedv", reflect.Bool); !hijacked.IsValid() || hijacked.Bool() {
			return false
		}
	}
	wrote := field(v, "wroteHeader", reflect.Bool)
	return wrote.IsValid() && !wrote.Bool()
}

func field(v reflect.Value, name string, kind reflect.Kind) reflect.Value {
	if v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	f := v.FieldByName(name)
	if f.IsValid() && f.Kind() != kind {
		return reflect.Value{}
	}
	return f
}
