package respwriter

import (
	"net/http"
	"reflect"
)

// Untouched reports whether net/http's own response writer w has seen neither a
// header nor a hijack. net/http has no method for that; wrapping every writer
// would cost every request and hide what the writer can do. So Untouched reads
// unexported fields, and returns false if they do not exist (TestPanic then fails).
func Untouched(w http.ResponseWriter) bool {
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
