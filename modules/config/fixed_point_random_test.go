package config

import (
	"log/slog"
	"math"
	"math/big"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"reflect"
	"regexp"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
)

// odd has settings of types within types.
type odd struct {
	Text      string
	Texts     []string
	Joined    string `list:"join"`
	Bytes     [][]byte
	ByGrade   map[grade]string
	ByByte    map[uint8][]int16
	Deep      map[string]map[string]*float64
	Rows      []map[string]bool
	Links     []*url.URL
	Nets      []net.IPNet
	IP        net.IP
	Ports     map[string]netip.AddrPort
	Level     slog.Level
	Levels    map[slog.Level]*slog.Level
	Rat       *big.Rat
	Whole     big.Int
	Exprs     []*regexp.Regexp
	Waits     map[string]*time.Duration
	Times     []time.Time
	Sizes     []ByteSize
	Single    float32
	Floats    []*float64
	Rune      rune
	ID        [16]byte
	Pair      [2]*block
	Pointers  *[]string
	Blocks    *map[string]block
	Recursive *oddTree
	Inner     struct {
		*EmbeddedForEveryType
		Deeper struct{ Wait *time.Duration }
	}
	Any  any
	Anys map[string]any
}

type oddTree struct {
	Name     string
	Children []*oddTree
	ByName   map[string]oddTree
}

var oddTexts = []string{"", "007", "0x10", "1.10", "1e3", "null", "~", "true", "no", "2024-01-01", "12:30", "<<", "a: b", "- a", "# a", "'", "\"", "\\", " a ",
	"a\nb\n", "\n", "\t", "*a", "&a", "!a", "|", ">", "%", "@", "`", "{a}", "[a]", "a,b", "=", "$", "${", "\u2028", "\u0085", "\ufeff", "\u00e4\U0001f600", "\x7f", "\u0001", "?", "-", ".", "---", "...", "x-", "\r\n", "1_000", ".inf", "-0"}

// fill gives v a random value.
func fill(rnd *rand.Rand, v reflect.Value, depth int) {
	some := func(s []string) string { return s[rnd.IntN(len(s))] }
	switch x := v.Addr().Interface().(type) {
	case *grade:
		x.N = rnd.IntN(9)
		return
	case *url.URL:
		u, _ := url.Parse(some([]string{"https://a.example/b?c=d#e", "//a", "mailto:a@b", "/p%20q", "unix:/run/x"}))
		*x = *u
		return
	case *net.IPNet:
		_, n, _ := net.ParseCIDR(some([]string{"10.0.0.0/8", "::/0", "fe80::/10"}))
		*x = *n
		return
	case *net.IP:
		*x = net.ParseIP(some([]string{"10.0.0.1", "::1", "::ffff:1.2.3.4"}))
		return
	case *netip.AddrPort:
		*x = netip.MustParseAddrPort(some([]string{"10.0.0.1:80", "[::1%eth0]:0"}))
		return
	case *big.Rat:
		x.SetFrac64(rnd.Int64N(100)-50, 1+rnd.Int64N(100))
		return
	case *big.Int:
		x.SetString(some([]string{"0", "-7", "123456789012345678901234567890"}), 10)
		return
	case *regexp.Regexp:
		*x = *regexp.MustCompile(some([]string{"", "^a\\.b$", "[#:]", "a{2}"})) //nolint:govet // it holds no lock
		return
	case *time.Duration:
		*x = time.Duration(rnd.Int64N(1 << 50))
		return
	case *time.Time:
		*x = time.Unix(rnd.Int64N(1<<32), rnd.Int64N(1e9)).UTC()
		return
	case *ByteSize:
		*x = ByteSize(rnd.Int64N(1 << 40))
		return
	case *any:
		*x = []any{"007", 7, -1.5, true, []any{"a", 1e300}, map[string]any{"1.10": "x", "null": []any{}}, some(oddTexts)}[rnd.IntN(7)]
		return
	}
	switch n := rnd.IntN(3); v.Kind() {
	case reflect.String:
		v.SetString(some(oddTexts))
	case reflect.Bool:
		v.SetBool(n == 0)
	case reflect.Float32, reflect.Float64:
		v.SetFloat([]float64{0, 0.1, -1.5, math.Inf(1), math.Inf(-1), 1e30, 16777217, rnd.NormFloat64()}[rnd.IntN(8)])
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(rnd.Int64() >> (64 - v.Type().Bits() + rnd.IntN(8)))
	case reflect.Uint8:
		v.SetUint(uint64(rnd.IntN(256)))
	case reflect.Pointer:
		if n > 0 && depth < 4 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(rnd, v.Elem(), depth+1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		if depth > 3 {
			v.SetLen(0)
		}
		for i := range v.Len() {
			fillElement(rnd, v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fillElement(rnd, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		if depth > 3 {
			n = 0
		}
		for range n {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(rnd, k, depth+1)
			fillElement(rnd, e, depth+1)
			v.SetMapIndex(k, e)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(rnd, v.Field(i), depth+1)
		}
	default:
		panic(v.Type())
	}
}

// fillElement fills an element of a list or a map, which is never null: that has no
// place in a list, and takes an entry of a map away.
func fillElement(rnd *rand.Rand, v reflect.Value, depth int) {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	fill(rnd, v, depth)
}

// A sample loads as what it was made of, and its sample is the same, whatever the
// values are.
func TestSampleOfAnyValueIsAFixedPoint(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.yaml")
	rounds := 300
	if raceDetector || testing.Short() {
		rounds = 50
	}
	for seed := range uint64(rounds) {
		var want odd
		fill(rand.New(rand.NewPCG(seed, 1)), reflect.ValueOf(&want).Elem(), 0)
		sampleOf := func(fresh odd) (string, *Set, *Value[odd]) {
			set := NewSet()
			v := Add[odd](set, "odd", Default(func() odd { return fresh }))
			l, err := NewCatalog(set, Source{Files: []string{path}, Environ: none})
			if err != nil {
				t.Fatal(err)
			}
			return string(l.Sample()), set, v
		}
		sample, _, _ := sampleOf(want)
		_, set, v := sampleOf(odd{})
		write(t, path, sample)
		st, err := Load(set, Source{Files: []string{path}, Environ: none})
		if err != nil {
			t.Errorf("seed %d: %v\n%s", seed, err, sample)
			continue
		}
		for _, leaf := range st.catalog.sections[0].leaves {
			if got, want := leaf.value(v.Get()), leaf.value(&want); !bind.Equal(got, want) && !(isEmptyValue(got) && isEmptyValue(want)) {
				t.Errorf("seed %d: %s: got %s, want %s", seed, leaf.key, bind.Show(got), bind.Show(want))
			}
		}
		if again, _, _ := sampleOf(*v.Get()); again != sample {
			t.Errorf("seed %d: no fixed point:\n%s\n%s", seed, sample, again)
		}
		if t.Failed() {
			return
		}
	}
}
