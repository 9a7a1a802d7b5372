package original

import (
	"net/http"
	"reflect"
	"testing"
)

// A new Go may add a setting.
func TestCopyOfServerCarriesEverySetting(t *testing.T) {
	hs := &http.Server{}
	v := reflect.ValueOf(hs).Elem()
	for f, field := range v.Fields() {
		if !f.IsExported() {
			continue
		}
		switch {
		case field.Kind() == reflect.Func:
			field.Set(reflect.MakeFunc(f.Type, nil))
		case field.Kind() == reflect.Map:
			field.Set(reflect.MakeMap(f.Type))
		case field.Kind() == reflect.Pointer:
			field.Set(reflect.New(f.Type.Elem()))
		case f.Type == reflect.TypeFor[http.Handler]():
			field.Set(reflect.ValueOf(http.NewServeMux()))
		case field.CanInt():
			field.SetInt(1)
		case field.Kind() == reflect.Bool:
			field.SetBool(true)
		case field.Kind() == reflect.String:
			field.SetString("x")
		default:
			t.Fatalf("%s: the test does not know how to set a %v", f.Name, f.Type)
		}
	}
	for f, field := range reflect.ValueOf(Copy(hs)).Elem().Fields() {
		if f.IsExported() && field.IsZero() {
			t.Errorf("%s is lost", f.Name)
		}
	}
}
