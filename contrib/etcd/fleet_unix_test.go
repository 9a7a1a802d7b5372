//go:build unix

package etcd_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
)

func TestFleetTakesDocumentsInStages(t *testing.T) {
	t.Parallel()
	n := *fleetSize
	f := newProcesses(t, n)
	began := time.Now()
	good := f.put("limits: {size: 2}")
	seen := map[int]int{} // members by stage
	f.await("a good document", func(s rollout.State, all map[string]rollout.Report) bool {
		if s.Phase == rollout.Rolling {
			seen[s.Stage] = len(s.Members)
			if have := slices.Collect(maps.Values(all)); len(slices.DeleteFunc(have, func(r rollout.Report) bool { return r.Revision != good })) > len(s.Members) {
				t.Errorf("stage %d has %d members, and %v have the document", s.Stage, len(s.Members), have)
			}
		}
		return s.Phase == rollout.Steady && s.Good == good
	})
	f.wantGood(good, "2")
	t.Logf("%d instances took a document in %v: %v by stage", n, time.Since(began).Round(time.Millisecond), seen)

	t.Run("one rejects", func(t *testing.T) {
		began := time.Now()
		s := f.wantHalted(f.put(`{limits: {size: 3}, trouble: {rejects: " i0 "}}`), "i0: vetoed by trouble: not here")
		f.awaitSizes("2")
		if tried := f.tried("3"); len(tried) >= len(s.Members) || s.Good != good || slices.Contains(tried, "i0") {
			t.Errorf("got %v of %v, want the members without i0", tried, s.Members)
		}
		t.Logf("%d of %d had a document that one of them rejects; all were back after %v", len(f.tried("3")), n, time.Since(began).Round(time.Millisecond))
	})
	t.Run("one turns red", func(t *testing.T) {
		f.wantHalted(f.put(`{limits: {size: 4}, trouble: {red: " i1 "}}`), "i1: it has turned red: not ready")
		f.awaitSizes("2")
		f.await("green", func(_ rollout.State, all map[string]rollout.Report) bool { return f.ready(all) })
	})
	t.Run("one panics in the middle", func(t *testing.T) {
		f.wantHalted(f.put(`{limits: {size: 5}, trouble: {panics: " i2 "}}`), "i2: a part of the program panicked")
		f.awaitSizes("2")
	})
	t.Run("no instance accepts it", func(t *testing.T) {
		s := f.wantHalted(f.put("limits: ["), "rejected: ")
		if len(s.Members) != 1 {
			t.Errorf("got %v, want one member", s.Members)
		}
	})
	t.Run("an unknown key", func(t *testing.T) {
		f.wantHalted(f.put("limitz: {size: 6}"), "limitz")
	})
	t.Run("two documents at once", func(t *testing.T) {
		f.put(`{limits: {size: 7}, trouble: {rejects: "all"}}`)
		good = f.put("limits: {size: 8}")
		f.wantGood(good, "8")
		if tried := f.tried("7"); len(tried) > 0 {
			t.Errorf("%v have taken a document that all reject", tried)
		}
	})
	t.Run("the good document again", func(t *testing.T) {
		f.wantHalted(f.put(`{limits: {size: 9}, trouble: {rejects: "all"}}`), "not here")
		good = f.put("limits: {size: 8}")
		f.wantGood(good, "8")
	})
	t.Run("the document is deleted", func(t *testing.T) {
		if _, err := f.direct.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		good = f.put("limits: {size: 10}")
		f.wantGood(good, "10")
	})
	t.Run("the command", func(t *testing.T) {
		for _, args := range [][]string{{"fleet", "status"}, {"fleet", "status", "--json"}} {
			out, err := f.command("", f.all["i0"].dir, args...).CombinedOutput()
			text := string(out)
			if err != nil || !strings.Contains(text, fmt.Sprintf("document %d is good; %d instances", good, n)) {
				t.Errorf("%v: got %v, %s", args, err, text)
			}
			if len(args) == 2 && (strings.Count(text, "ready") != n || strings.Count(text, "\n") != n+2) {
				t.Errorf("got %s, want a line for each instance", text)
			}
		}
	})
}
