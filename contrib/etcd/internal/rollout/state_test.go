package rollout

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func plan(t testing.TB, stages string) Plan {
	t.Helper()
	all, err := ParseStages(stages)
	if err != nil {
		t.Fatal(err)
	}
	return Plan{Stages: all, Soak: 10 * time.Second, Timeout: time.Minute}
}

// fleet makes reports: "a7" is ready with document 7, "a7-" has it and is not,
// "a5!7" has 5 and rejects 7.
func fleet(names ...string) map[string]Report {
	all := map[string]Report{}
	for _, n := range names {
		r := Report{Name: n[:1], Ready: !strings.HasSuffix(n, "-")}
		n, failed, _ := strings.Cut(strings.TrimSuffix(n[1:], "-"), "!")
		_, _ = fmt.Sscan(n, &r.Revision)
		if failed != "" {
			_, _ = fmt.Sscan(failed, &r.Failed.Revision)
			r.Failed.Why = "no"
		}
		all[r.Name] = r
	}
	return all
}

func TestTransitions(t *testing.T) {
	p := plan(t, "1, 50%")
	rolling := func(stage int, members ...string) State {
		return State{Schema: Schema, Phase: Rolling, Good: 5, Revision: 7, Plan: p, Stage: stage, Members: members}
	}
	steady := func(good int64) State { return State{Schema: Schema, Phase: Steady, Good: good} }
	halted := func(s State, why string) State { s.Phase, s.Why = Halted, why; return s }
	begun := func(revision int64, members ...string) State {
		s := rolling(0, members...)
		s.Revision = revision
		return s
	}
	first := p.members(0, 7, nil, fleet("a5", "b5", "c5", "d5"))
	for name, tt := range map[string]struct {
		now   State
		world World
		want  State
		after time.Duration
	}{
		"nothing is known before an instance is ready": {State{}, World{Document: 5, Reports: fleet("a5-", "b4")}, State{}, 0},
		"the first document is good where it is ready": {State{}, World{Document: 5, Reports: fleet("a5")}, steady(5), 0},
		"nothing new":                          {steady(5), World{Document: 5, Reports: fleet("a5")}, steady(5), 0},
		"a document that is deleted when good": {steady(5), World{Reports: fleet("a5")}, steady(5), 0},
		"a new document begins with canaries":  {steady(5), World{Document: 7, Reports: fleet("a5", "b5", "c5", "d5")}, begun(7, first...), 0},
		"the good document again":              {steady(5), World{Document: 7, SameAsGood: true, Reports: fleet("a5")}, steady(7), 0},
		"a new document without a fleet":       {steady(5), World{Document: 7}, begun(7), 0},
		"a stage without members waits":        {rolling(0), World{Document: 7}, rolling(0), 0},
		"a stage finds its members":            {rolling(0), World{Document: 7, Reports: fleet("a5")}, rolling(0, "a"), 0},
		"members are awaited":                  {rolling(0, "a"), World{Document: 7, Open: 20 * time.Second, Reports: fleet("a5", "b5")}, rolling(0, "a"), 40 * time.Second},
		"members soak":                         {rolling(0, "a"), World{Document: 7, Passing: 4 * time.Second, Open: time.Hour, Reports: fleet("a7", "b5")}, rolling(0, "a"), 6 * time.Second},
		"members have soaked":                  {rolling(0, "a"), World{Document: 7, Passing: 10 * time.Second, Reports: fleet("a7", "b5")}, rolling(2, "a", "b"), 0}, // half of two is one
		"a fleet of one":                       {rolling(0, "a"), World{Document: 7, Passing: 10 * time.Second, Reports: fleet("a7")}, steady(7), 0},
		"the last stage has soaked":            {rolling(2, "a", "b"), World{Document: 7, Passing: 10 * time.Second, Reports: fleet("a7", "b7", "c5")}, steady(7), 0},
		"a member rejects":                     {rolling(0, "a"), World{Document: 7, Reports: fleet("a5!7", "b5")}, halted(rolling(0, "a"), "a: no"), 0},
		"a member has turned red":              {rolling(0, "a"), World{Document: 7, Passing: time.Hour, Reports: fleet("a7!7", "b5")}, halted(rolling(0, "a"), "a: no"), 0},
		"an earlier failure is forgotten":      {rolling(0, "a"), World{Document: 7, Reports: fleet("a5!6")}, rolling(0, "a"), time.Minute},
		"a member says nothing for too long":   {rolling(0, "a"), World{Document: 7, Open: time.Minute, Reports: fleet("a5", "b5")}, halted(rolling(0, "a"), "a has not reported the result within 1m0s"), 0},
		"a member is lost for too long":        {rolling(0, "a"), World{Document: 7, Open: time.Minute, Reports: fleet("b5")}, halted(rolling(0, "a"), "a has vanished, and did not come back within 1m0s"), 0},
		"a member never gets ready":            {rolling(0, "a"), World{Document: 7, Open: time.Minute, Reports: fleet("a7-", "b5")}, halted(rolling(0, "a"), "a has it and is not ready within 1m0s"), 0},
		"an instance that is no member is lost": {rolling(0, "a"), World{Document: 7, Passing: 10 * time.Second, Reports: fleet("a7", "c5-")},
			rolling(2, "a", "c"), 0},
		"every instance is restarted, none is back": {rolling(2, "a", "b"), World{Document: 7}, rolling(2, "a", "b"), time.Minute},
		"every instance is restarted, all are back": {rolling(2, "a", "b"), World{Document: 7, Reports: fleet("a7", "b7", "c5")}, rolling(2, "a", "b"), 10 * time.Second},
		"every instance is restarted, with the good document first": {rolling(2, "a", "b"), World{Document: 7, Reports: fleet("a5", "b7", "c5")},
			rolling(2, "a", "b"), time.Minute},
		"another document in the middle":           {rolling(2, "a", "b"), World{Document: 9, Reports: fleet("a7", "b5")}, begun(9, p.members(0, 9, nil, fleet("a7", "b5"))...), 0},
		"back to the good document in the middle":  {rolling(0, "a"), World{Document: 9, SameAsGood: true, Reports: fleet("a7")}, steady(9), 0},
		"a document that is deleted in the middle": {rolling(0, "a"), World{Reports: fleet("a7")}, halted(rolling(0, "a"), "the document was deleted"), 0},
		"a halted document stays halted":           {halted(rolling(0, "a"), "a: no"), World{Document: 7, Open: time.Hour, Passing: time.Hour, Reports: fleet("a7", "b7")}, halted(rolling(0, "a"), "a: no"), 0},
		"another document after a failure":         {halted(rolling(0, "a"), "a: no"), World{Document: 9, Reports: fleet("a5!7")}, begun(9, "a"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			tt.world.Plan = p
			got, changed, after := Next(tt.now, tt.world)
			if g, w := text(got), text(tt.want); g != w || after != tt.after {
				t.Errorf("got  %s, %v\nwant %s, %v", g, after, w, tt.after)
			}
			if want := text(tt.now) != text(tt.want); changed != want {
				t.Errorf("got changed %v, want %v", changed, want)
			}
		})
	}
}

// What instances report is never compared by their clocks, which may be days apart:
// with other times the fleet does the same.
func TestClocksThatAreApartChangeNothing(t *testing.T) {
	p := plan(t, "1, 50%")
	for _, names := range [][]string{{"a7", "b5"}, {"a5", "b5"}, {"a7-", "b5"}, {"a5!7", "b5"}, {"b5"}, {"a7", "b7", "c5"}} {
		for _, passing := range []time.Duration{0, 10 * time.Second} {
			w := World{Document: 7, Plan: p, Passing: passing, Open: time.Second, Reports: fleet(names...)}
			s := State{Schema: Schema, Phase: Rolling, Good: 5, Revision: 7, Plan: p, Members: []string{"a"}}
			want, _, wantAfter := Next(s, w)
			apart := 24 * time.Hour
			for name, r := range w.Reports {
				r.At, apart = time.Now().Add(apart), -2*apart
				w.Reports[name] = r
			}
			if got, _, after := Next(s, w); text(got) != text(want) || after != wantAfter {
				t.Errorf("%v: got %s, %v, want %s, %v", names, text(got), after, text(want), wantAfter)
			}
		}
	}
}

func text(s State) string {
	b, err := json.Marshal(s)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestTargets(t *testing.T) {
	rolling := State{Phase: Rolling, Good: 5, Revision: 7, Members: []string{"a"}}
	halted := rolling
	halted.Phase = Halted
	for _, tt := range []struct {
		state State
		name  string
		want  int64
	}{
		{State{}, "a", 7}, {State{Phase: Steady, Good: 5}, "a", 5}, {rolling, "a", 7}, {rolling, "b", 5}, {halted, "a", 5},
	} {
		if got := tt.state.Target(tt.name, 7); got != tt.want {
			t.Errorf("%s: %q: got %d, want %d", tt.name, tt.state.Phase, got, tt.want)
		}
	}
}

func TestStagesAreParsed(t *testing.T) {
	for text, want := range map[string]string{
		"1":              "[1 100%]",
		"1, 10%,50%":     "[1 10% 50% 100%]",
		"2,5, 25%, 100%": "[2 5 25% 100%]",
		"100%":           "[100%]",
		"":               "neither a number",
		"1,":             "neither a number",
		"ten":            "neither a number",
		"0":              "0 is no instance",
		"0%":             "0% is no instance",
		"-1":             "-1 is no instance",
		"101%":           "101% is more than all",
		"50%, 10%":       "10% stands after 50%: each stage must be more",
		"10%, 10%":       "10% stands after 10%: each stage must be more",
		"3,2":            "2 stands after 3: each stage must be more",
		"10%, 3":         "3 stands after 10%: write numbers of instances before shares",
	} {
		stages, err := ParseStages(text)
		if got := fmt.Sprint(stages); err != nil && !strings.Contains(err.Error(), want) || err == nil && got != want {
			t.Errorf("%q: got %v, %v, want %s", text, stages, err, want)
		}
	}
}

// Members of a stage are members of the next; a document chooses others than the
// one before; a share is rounded up.
func TestMembersAreChosenByAStableHash(t *testing.T) {
	reports := map[string]Report{}
	for i := range 20 {
		name := fmt.Sprintf("web-%d", i)
		reports[name] = Report{Name: name}
	}
	p := plan(t, "1, 10%, 50%")
	first := map[string]bool{}
	for revision := range int64(50) {
		var before []string
		for i, want := range []int{1, 2, 10, 20} {
			members := p.members(i, revision, before, reports)
			if again := p.members(i, revision, before, reports); !slices.Equal(members, again) {
				t.Fatalf("got %v and then %v", members, again)
			}
			if len(members) != want || !slices.IsSorted(members) {
				t.Fatalf("stage %d: got %v, want %d", i, members, want)
			}
			for _, b := range before {
				if !slices.Contains(members, b) {
					t.Errorf("stage %d: %s is no member any more", i, b)
				}
			}
			before = members
			if i == 0 {
				first[members[0]] = true
			}
		}
	}
	if len(first) < 10 {
		t.Errorf("50 documents were tried first by %d instances of 20 only", len(first))
	}
}

func TestForeignStatesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema":1,"phase":"steady","good":4}`: "",
		`{"schema":2,"phase":"steady","good":4}`: "schema 2",
		`{}`:                                     "schema 0",
		`{"schema":1,"phase":"paused"}`:          `unknown phase "paused"`,
		`{"schema":1,"phase":"rolling","good":4,"revision":6}`:   "stage 1 of 0",
		`{"schema":1,"phase":"rolling","plan":{"stages":["x"]}}`: "neither",
	} {
		var s State
		err := json.Unmarshal([]byte(text), &s)
		if err == nil {
			err = s.Check()
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
