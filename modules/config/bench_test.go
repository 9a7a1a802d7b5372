package config

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/viper"
)

func TestReadingAllocatesNothing(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	ctx := r.Pin(context.Background())
	for name, fn := range map[string]func(){
		"Get":      func() { sink = int(r.web.Get().Port) },
		"In":       func() { sink = int(r.web.In(r.Snapshot()).Port) },
		"From ctx": func() { sink = int(r.web.From(ctx).Port) },
	} {
		if got := testing.AllocsPerRun(100, fn); got != 0 {
			t.Errorf("%s: got %v allocations, want 0", name, got)
		}
	}
}

var sink int

// A loop of b.Loop costs more than a read; so the reads are in a second one.
func BenchmarkGet(b *testing.B) {
	r := newRig(b, "http: {port: 1}")
	b.ReportAllocs()
	const reads = 1000
	for b.Loop() {
		n := 0
		for range reads {
			n += int(r.web.Get().Port)
		}
		sink = n
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/reads, "ns/read")
}

// Run with -cpu 1,2,4,8,16: the time for one stays flat.
func BenchmarkGetParallel(b *testing.B) {
	r := newRig(b, "http: {port: 1}")
	b.RunParallel(func(pb *testing.PB) {
		n := 0
		for pb.Next() {
			n += int(r.web.Get().Port)
		}
		_ = n
	})
}

func BenchmarkViperGetInt(b *testing.B) {
	benchmarkViper(b, func(*viper.Viper) {})
}

func BenchmarkViperGetIntAutomaticEnv(b *testing.B) {
	benchmarkViper(b, func(v *viper.Viper) {
		v.SetEnvPrefix("todo")
		v.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))
		v.AutomaticEnv()
	})
}

func benchmarkViper(b *testing.B, prepare func(*viper.Viper)) {
	v := viper.New()
	prepare(v)
	v.SetConfigType("yaml")
	if err := v.ReadConfig(strings.NewReader("http: {port: 1}")); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		sink = v.GetInt("http.port")
	}
}

// bigFile has about n settings.
func bigFile(n int) string {
	var b strings.Builder
	b.WriteString("http:\n  headers:\n")
	for i := range n {
		fmt.Fprintf(&b, "    header-%d: value %d\n", i, i)
	}
	return b.String()
}

func BenchmarkReload(b *testing.B) {
	for _, n := range []int{6, 60, 600} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRig(b, bigFile(n))
			for i := 0; b.Loop(); i++ {
				write(b, r.path, bigFile(n)+fmt.Sprintf("  gen: %d\n", i+1))
				if got := r.Reload(context.Background(), "x"); got.Result != Applied {
					b.Fatal(got.Text())
				}
			}
		})
	}
}

func BenchmarkViperReadConfig(b *testing.B) {
	for _, n := range []int{6, 60, 600} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			data := []byte(bigFile(n))
			for b.Loop() {
				v := viper.New()
				v.SetConfigType("yaml")
				if err := v.ReadConfig(bytes.NewReader(data)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
