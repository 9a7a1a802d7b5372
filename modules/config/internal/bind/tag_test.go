package bind

import (
	"log"
	"math/big"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// tagged makes a struct with one field Max, which has this tag.
func tagged(tag string) reflect.Type {
	return reflect.StructOf([]reflect.StructField{{Name: "Max", Type: reflect.TypeFor[int](), Tag: reflect.StructTag(tag)}})
}

// Vet finds these, but it may not be run.
func TestMalformedTagsAreMistakes(t *testing.T) {
	for _, tt := range []struct{ tag, want string }{
		{`config:max`, "field Max: the tag `config:max` is malformed; write `config:\"...\"`"},
		{`config: "max"`, "is malformed"},
		{`config:"max`, "is malformed"},
		{`config "max"`, "is malformed"},
		{`config:'max'`, "is malformed"},
		{`doc:"x"config:"max"`, "is malformed"},
		{`doc:"x", config:"max"`, "is malformed"},
		{`doc:"x";config:"max"`, "is malformed"},
		{`config:"max" config:"most"`, `the tag config is written twice`},
		{`confg:"max"`, `field Max: nothing reads the tag confg:"max"; did you mean "config"?`},
		{`Config:"max"`, `did you mean "config"?`},
		{`relaod:"restart"`, `did you mean "reload"?`},
		{`docs:"x"`, `did you mean "doc"?`},
		{`reload:""`, `reload:"" is neither "live" nor "restart"`},
		{`merge:""`, `merge:"append" is all there is`},
		{`empty:""`, `empty:"allow" is all there is`},
		{`config:"max" doc:"of \"all\"" unit:"bytes" json:"m" yaml:"m,omitempty"`, ""},
	} {
		sh, errs := ShapeOf(tagged(tt.tag))
		got := ""
		for _, err := range errs {
			got += err.Error() + "\n"
		}
		for _, f := range sh.Foreign {
			got += f.String() + "\n"
		}
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %s", tt.tag, got, tt.want)
		}
	}
}

func TestTagsOfOtherLibrariesAreNotIgnored(t *testing.T) {
	for tag, instead := range map[string]string{
		`conf:"most"`: "name the key with the tag config", `cfg:"most"`: "name the key", `viper:"most"`: "name the key", `koanf:"most"`: "name the key",
		`ini:"most"`: "name the key", `hcl:"max,optional"`: "name the key", `mapstructure:"most"`: "name the key",
		`flag:"most"`: "every setting has a flag", `arg:"--most"`: "every setting has a flag", `env:"MOST"`: "every setting has a variable",
		`envconfig:"MOST"`: "every setting has a variable", `envPrefix:"A_"`: "every setting has a variable", `env-required:"true"`: "use Check",
		`required:"true"`: "use Check", `validate:"max=5"`: "use Check", `binding:"required"`: "use Check", `min:"3"`: "use Check", `enum:"a,b"`: "use Check",
		`default:"3"`: "use the option Default", `env-default:"3"`: "use the option Default", `envDefault:"3"`: "use the option Default",
	} {
		sh, errs := ShapeOf(tagged(tag))
		if len(errs) > 0 || len(sh.Foreign) != 1 || !strings.Contains(sh.Foreign[0].String(), "field Max: nothing reads the tag "+tag+"; "+instead) {
			t.Errorf("%s: got %v, %v", tag, sh.Foreign, errs)
		}
	}
	for _, tag := range []string{`conf:"max"`, `cfg:"max"`, `ini:"max"`, `hcl:"max"`, `viper:"max"`, `koanf:"max"`, `json:"m"`, `db:"m"`, `xml:"m"`} {
		if sh, errs := ShapeOf(tagged(tag)); len(errs)+len(sh.Foreign) > 0 {
			t.Errorf("%s: got %v, %v, want nothing", tag, sh.Foreign, errs)
		}
	}
}

type Base struct{ Max int }

func TestTagsOfFieldsWithoutAKeyAreNotIgnored(t *testing.T) {
	type named struct {
		Base `mapstructure:"base"`
	}
	type flat struct {
		Base `mapstructure:",squash" yaml:",inline"`
	}
	type private struct {
		//lint:ignore U1000 that it does nothing is the point
		max int `config:"max"`
	}
	if sh, _ := ShapeOf(reflect.TypeFor[named]()); len(sh.Foreign) != 1 || !strings.Contains(sh.Foreign[0].String(), `field Base: nothing reads the tag mapstructure:"base"`) {
		t.Errorf("got %v", sh.Foreign)
	}
	if sh, errs := ShapeOf(reflect.TypeFor[flat]()); len(sh.Foreign)+len(errs) > 0 {
		t.Errorf("got %v, %v", sh.Foreign, errs)
	}
	if _, errs := ShapeOf(reflect.TypeFor[private]()); len(errs) != 1 || errs[0].Error() != `field max: it is tagged as a setting but not exported` {
		t.Errorf("got %v", errs)
	}
}

// A type in which nothing can be set would be a table without keys.
func TestTypesThatHoldNoSettingAreMistakes(t *testing.T) {
	for _, typ := range []reflect.Type{
		reflect.TypeFor[time.Location](), reflect.TypeFor[*time.Location](), reflect.TypeFor[[]*time.Location](), reflect.TypeFor[map[string]time.Location](),
		reflect.TypeFor[atomic.Bool](), reflect.TypeFor[sync.Mutex](), reflect.TypeFor[*os.File](), reflect.TypeFor[*log.Logger](),
		reflect.TypeFor[http.RoundTripper](), reflect.TypeFor[chan int](), reflect.TypeFor[func()](), reflect.TypeFor[complex128](), reflect.TypeFor[uintptr](),
	} {
		_, errs := ShapeOf(reflect.StructOf([]reflect.StructField{{Name: "Zone", Type: typ}}))
		const what = `give it UnmarshalText by a type around it, or tag the field config:"-"`
		if len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), "field Zone: ") || !strings.Contains(errs[0].Error(), "cannot be read from a configuration") || !strings.HasSuffix(errs[0].Error(), what) {
			t.Errorf("%s: got %v", typ, errs)
		}
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[map[string]struct{}](), reflect.TypeFor[*big.Rat](), reflect.TypeFor[any](), reflect.TypeFor[[]any]()} {
		if _, errs := ShapeOf(reflect.StructOf([]reflect.StructField{{Name: "Zone", Type: typ}})); len(errs) > 0 {
			t.Errorf("%s: got %v", typ, errs)
		}
	}
}
