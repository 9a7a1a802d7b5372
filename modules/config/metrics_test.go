package config

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestTriggersOmitTheCaller(t *testing.T) {
	t.Parallel()
	for by, want := range map[string][]string{
		"SIGHUP":                {"SIGHUP"},
		"admin (uid 0, pid 12)": {"admin"},
		"file change, admin (uid 0, pid 12), SIGHUP":       {"file change", "admin", "SIGHUP"},
		"admin (token), file change, admin (uid 0, pid 1)": {"admin", "file change", "admin"},
	} {
		if got := triggers(by); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", by, got, want)
		}
	}
}

func TestMetrics(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	r.edit(t, "http: {port: x}")
	at := func(name string, labels ...string) float64 {
		for _, f := range r.Metrics() {
			if f.Name == name && (len(labels) == 0 || reflect.DeepEqual(f.Labels, labels)) {
				return f.Value
			}
		}
		return -1
	}
	if at("config_last_reload_successful") != 0 || at("config_drift") != 1 || at("config_reloads_total", "trigger", "test", "result", "rejected") != 1 {
		t.Errorf("got %+v", r.Metrics())
	}
	r.edit(t, "http: {port: 1}") // as it was
	if at("config_last_reload_successful") != 1 || at("config_drift") != 0 || at("config_last_reload_success_timestamp_seconds") < float64(time.Now().Unix()-60) {
		t.Errorf("got %+v", r.Metrics())
	}
}
