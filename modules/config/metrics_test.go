package config

import (
	"slices"
	"testing"
)

func TestLabelsDoNotSayWhoItWas(t *testing.T) {
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
