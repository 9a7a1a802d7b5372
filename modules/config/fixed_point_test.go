package config

import (
	"fmt"
	"math"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
	"github.com/gracefulfx/graceful/modules/config/internal/disk"
)

// A grade is written by a method of its pointer.
type grade struct{ N int }

func (g *grade) UnmarshalText(text []byte) error {
	_, err := fmt.Sscanf(string(text), "grade %d", &g.N)
	return err
}
func (g *grade) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "grade %d", g.N), nil }

type block struct {
	Name string
	Size ByteSize
}

// everyType has a setting of every kind that can be read.
type everyType struct {
	Text, Empty, Odd string
	Number           int
	Small            int8
	Big              uint64
	Float            float64
	Single           float32
	Inf              float64
	On               bool
	Wait             time.Duration
	At               time.Time
	Expr             *regexp.Regexp
	Amount           big.Float
	Huge             *big.Int
	Grade            grade
	Size             ByteSize
	URL              url.URL
	Link             *url.URL
	Net              net.IPNet
	MAC              net.HardwareAddr
	Addr             netip.Addr
	Prefix           netip.Prefix
	Key              []byte
	List             []string
	Floats           []float64
	Grid             [2][2]int
	Map              map[string]string
	ByNumber         map[int]string
	ByAddr           map[netip.Addr]block
	ByTime           map[time.Duration]string
	ByMonth          map[time.Month]string
	Month            time.Month
	Mode             os.FileMode
	Blocks           []block
	Block            *block
	Pointers         []*block
	Named            map[string]*block
	Optional         *int
	Inner            struct{ A, B int }
	Any              any
	*EmbeddedForEveryType
}

// EmbeddedForEveryType gives its keys to the struct around it.
type EmbeddedForEveryType struct{ Below string }

func everything() everyType {
	amount, _, _ := big.ParseFloat("1.25", 10, 64, big.ToNearestEven)
	huge, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	link, _ := url.Parse("https://example.com/a?b=c#d")
	_, network, _ := net.ParseCIDR("10.0.0.0/8")
	mac, _ := net.ParseMAC("00:00:5e:00:53:01")
	seven := 7
	return everyType{
		Text: "plain", Odd: "0x10: \"quoted\" ~ #\n\ttail \u00e4\u2028", Number: -5, Small: -128, Big: math.MaxUint64,
		Float: 0.1, Single: 0.1, Inf: math.Inf(-1), On: true, Wait: 90 * time.Second,
		At: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Expr: regexp.MustCompile(`^a\.b$`), Amount: *amount, Huge: huge,
		Grade: grade{3}, Size: 64 << 20, URL: *link, Link: link, Net: *network, MAC: mac,
		Addr: netip.MustParseAddr("::1"), Prefix: netip.MustParsePrefix("10.0.0.0/8"), Key: []byte{0, 255, 7},
		List: []string{"007", "null", "a, b", ""}, Floats: []float64{math.Inf(1), 1e300, 3}, Grid: [2][2]int{{1, 2}, {3, 4}},
		Map:      map[string]string{"007": "a", "1.10": "b", "null": "c", "<<": "d", "a: b": "e", "~": "f", "2024-01-01": "g"},
		ByNumber: map[int]string{-1: "a", 7: "b"}, ByAddr: map[netip.Addr]block{netip.MustParseAddr("10.0.0.1"): {"x", 1000}},
		ByTime: map[time.Duration]string{90 * time.Second: "a"}, ByMonth: map[time.Month]string{time.March: "a"}, Month: time.May, Mode: 0o644,
		Blocks: []block{{"a", 1}, {"b", 1 << 30}}, Block: &block{"c", 3}, Pointers: []*block{{"d", 4}},
		Named: map[string]*block{"e.f": {"e", 5}}, Optional: &seven, Inner: struct{ A, B int }{1, 2},
		Any: map[string]any{"a": []any{1, "x"}}, EmbeddedForEveryType: &EmbeddedForEveryType{Below: "below"},
	}
}

// What sample file, schema and config show write loads again as the same value, and
// the second sample is the first.
func TestWhatIsWrittenLoadsAsTheSameValue(t *testing.T) {
	catalogOf := func(fresh func() everyType, path string) (*Catalog, *Value[everyType], *Set) {
		set := NewSet()
		v := Add[everyType](set, "all", Default(fresh))
		l, err := NewCatalog(set, Source{Files: []string{path}, Environ: none})
		if err != nil {
			t.Fatal(err)
		}
		return l, v, set
	}
	path := filepath.Join(t.TempDir(), "c.yaml")
	for name, fresh := range map[string]func() everyType{"defaults": everything, "zero": func() everyType { return everyType{} }} {
		l, _, _ := catalogOf(fresh, path)
		sample := string(l.Sample())
		if len(l.Schema()) < 1000 {
			t.Errorf("%s: no schema: %s", name, l.Schema())
		}
		for _, from := range []struct{ name, text string }{{"sample", sample}, {"show", shown(l, fresh())}} {
			write(t, path, from.text)
			_, v, set := catalogOf(func() everyType { return everyType{} }, path)
			st, err := Load(set, Source{Files: []string{path}, Environ: none})
			if err != nil {
				t.Errorf("%s of %s: %v\n%s", from.name, name, err, from.text)
				continue
			}
			want := fresh()
			for _, leaf := range st.catalog.sections[0].leaves {
				got, want := leaf.value(v.Get()), leaf.value(&want)
				if !bind.Equal(got, want) && !(isEmptyValue(got) && isEmptyValue(want)) {
					t.Errorf("%s of %s: %s: got %s, want %s", from.name, name, leaf.key, bind.Show(got), bind.Show(want))
				}
			}
			again, _, _ := catalogOf(func() everyType { return *v.Get() }, path)
			if second := string(again.Sample()); name == "defaults" && second != sample {
				t.Errorf("%s of %s is no fixed point:\n%s", from.name, name, second)
			}
		}
	}
}

// shown returns a file with the output of config show.
func shown(l *Catalog, v everyType) string {
	var b strings.Builder
	b.WriteString("all:\n")
	for _, leaf := range l.sections[0].leaves {
		if val := leaf.value(&v); !isEmptyValue(val) && !val.IsZero() && len(leaf.path) == 2 {
			fmt.Fprintf(&b, "  %s: %s\n", leaf.Member.Key, bind.Show(val))
		}
	}
	b.WriteString("  inner: " + bind.Show(reflect.ValueOf(v.Inner)) + "\n")
	return b.String()
}

func isEmptyValue(v reflect.Value) bool {
	k := v.Kind()
	return (k == reflect.Map || k == reflect.Slice) && v.Len() == 0
}

// Two reads of one file are equal, whatever types hold the values.
func TestReadingAgainIsNoChange(t *testing.T) {
	set := NewSet()
	Add[everyType](set, "all", Default(everything))
	st, err := Load(set, Source{Environ: none, Files: []string{file(t, "c.yaml", "all: {number: 1}")}})
	if err != nil {
		t.Fatal(err)
	}
	c := st.catalog.load(st.catalog.inputs(t.Context(), disk.AtStart), nil)
	if d := st.catalog.diff(st.Snapshot(), c); len(d.changed)+len(d.pending) > 0 {
		t.Errorf("got %v", d.changed)
	}
}
