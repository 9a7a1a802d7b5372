package original

import (
	"net/http"
	"reflect"
)

// Copy returns a server like hs that has not served. It has every exported field,
// including those that a later Go adds.
func Copy(hs *http.Server) *http.Server {
	c := &http.Server{}
	to := reflect.ValueOf(c).Elem()
	for f, field := range reflect.ValueOf(hs).Elem().Fields() {
		if f.IsExported() {
			to.FieldByIndex(f.Index).Set(field)
		}
	}
	return c
}
