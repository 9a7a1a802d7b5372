//go:build linux

package main

import (
	"testing"

	"github.com/gracefulfx/graceful/bench/report"
)

func TestGatesCanFail(t *testing.T) {
	good := func(r *report.Report) {
		for _, server := range []string{"graceful", "nethttp"} {
			r.Add("restart", "64, no think", server, "failed restarts", 0)
			r.Add("steady", "hello", server, "allocations per request", 17)
		}
		for server, ns := range map[string]float64{"graceful": 1, "viper": 250, "viper, env": 700, "koanf": 70} {
			r.Add("config read", "one nested number", server, "CPU ns", ns)
			r.Add("config read", "one nested number", server, "CPU ns", 10*ns) // another process was busy
		}
		for server, ms := range map[string]float64{"graceful": 0.3, "viper": 0.2} {
			r.Add("config reload", "10 keys, saved before", server, "CPU ms", ms)
			r.Add("config reload", "10 keys, saved just now", server, "CPU ms", ms*ms)
		}
		r.Add("restart", "64, no think", "graceful", "lost per restart", 0)
		r.Add("restart", "64, no think", "nethttp", "lost per restart", 40)
	}
	tests := []struct {
		name string
		bad  func(*report.Report)
		want int
	}{
		{"all is well", func(*report.Report) {}, 0},
		{"one request lost in one round of many", func(r *report.Report) { r.Add("restart", "64, no think", "graceful", "lost per restart", 0.2) }, 1},
		{"lost over h2, where nothing is promised", func(r *report.Report) { r.Add("restart", "h2, 0-20 ms", "graceful", "lost per restart", 3) }, 0},
		{"a client had to reconnect", func(r *report.Report) { r.Add("restart", "64, no think", "graceful", "reconnects per restart", 0.2) }, 1},
		{"a restart failed", func(r *report.Report) { r.Add("restart", "64, no think", "graceful", "failed restarts", 1) }, 1},
		{"an allocation more", func(r *report.Report) {
			for range 2 {
				r.Add("steady", "hello", "graceful", "allocations per request", 18)
			}
		}, 1},
		{"reading costs something", func(r *report.Report) {
			r.Add("config read", "one nested number", "koanf", "CPU ns", 29)
			r.Add("config read", "one nested number", "viper, env", "CPU ns", 399)
		}, 2},
		{"a reload costs too much", func(r *report.Report) {
			r.Add("config reload", "10 keys, saved before", "viper", "CPU ms", 0.09)
		}, 1},
		{"half a file was in force", func(r *report.Report) { r.Add("config saves", "all", "graceful", "torn", 1) }, 1},
		{"half a file was in force with viper", func(r *report.Report) { r.Add("config saves", "all", "viper", "torn", 1) }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &bench{Report: &report.Report{}}
			good(b.Report)
			tt.bad(b.Report)
			b.judge()
			if got := b.Failed(); got != tt.want {
				t.Errorf("got %d failed gates, want %d: %+v", got, tt.want, b.Gates)
			}
		})
	}
}

func TestRoundsGoBackAndForth(t *testing.T) {
	var order string
	turns(3, []rival{{name: "A"}, {name: "B"}}, func(_ int, r rival) error { order += r.name; return nil })
	if want := "ABBAAB"; order != want {
		t.Errorf("got %s, want %s", order, want)
	}
}
