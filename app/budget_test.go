package app

import (
	"strings"
	"testing"
	"time"
)

func TestBudgetKeepsTimeForLaterPhases(t *testing.T) {
	all := [Final + 1]int{Announce: 1, LameDuck: 1, Unbind: 1, Drain: 1, Tasks: 1, Resources: 1, Final: 1}
	late := [Final + 1]int{Drain: 1, Resources: 1}
	cases := []struct {
		name    string
		conf    StopConfig
		length  time.Duration // of the budget; 0 is conf.Timeout
		members [Final + 1]int
		phase   Phase
		want    time.Duration // end of phase after the beginning
	}{
		{"last phase has all", StopConfig{Timeout: 100 * time.Second}, 0, all, Final, 100 * time.Second},
		{"resources leave half a second to final", StopConfig{Timeout: 100 * time.Second}, 0, all, Resources, 99500 * time.Millisecond},
		{"drain leaves three seconds", StopConfig{Timeout: 100 * time.Second}, 0, all, Drain, 97 * time.Second},
		{"drain leaves 16 % of little", StopConfig{Timeout: 10 * time.Second}, 0, all, Drain, 8400 * time.Millisecond},
		{"announce leaves 24 % to drain", StopConfig{Timeout: 100 * time.Second}, 0, all, Announce, 72500 * time.Millisecond},
		{"empty phases need nothing", StopConfig{Timeout: 100 * time.Second}, 0, late, Drain, 98500 * time.Millisecond},
		{"nothing at all", StopConfig{Timeout: 100 * time.Second}, 0, [Final + 1]int{}, Announce, 100 * time.Second},
		{"given reserve", StopConfig{Timeout: 100 * time.Second, Reserve: Reserve{Resources: 50 * time.Second}}, 0, late, Drain, 50 * time.Second},
		{"given reserve shrinks with the budget", StopConfig{Timeout: 100 * time.Second, Reserve: Reserve{Resources: 50 * time.Second}}, 10 * time.Second, late, Drain, 5 * time.Second},
		{"share shrinks with the budget", StopConfig{Timeout: 100 * time.Second}, 10 * time.Second, late, Drain, 9200 * time.Millisecond},
		{"budget already over", StopConfig{Timeout: 100 * time.Second}, -1, late, Drain, -1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			began := time.Unix(1000, 0)
			length := c.length
			if length == 0 {
				length = c.conf.Timeout
			}
			b := newBudget(began, c.conf)
			b.shrink(began.Add(length))
			b.members = c.members
			if got := b.end(c.phase).Sub(began); got != c.want {
				t.Errorf("phase %v ends after %v, want %v", c.phase, got, c.want)
			}
		})
	}
}

func TestRequestsGetTheBudget(t *testing.T) {
	all := [Final + 1]int{Announce: 1, LameDuck: 1, Unbind: 1, Drain: 1, Tasks: 1, Resources: 1, Final: 1}
	few := [Final + 1]int{Drain: 1, Final: 1}
	for _, c := range []struct {
		name    string
		conf    StopConfig
		members [Final + 1]int
		least   time.Duration
	}{
		{"nothing late needs time", StopConfig{Timeout: 25 * time.Second}, few, 22500 * time.Millisecond},
		{"every phase has members", StopConfig{Timeout: 25 * time.Second}, all, 21 * time.Second},
		{"as Kubernetes is configured", StopConfig{Timeout: 35 * time.Second, LameDuck: 5 * time.Second}, all, 25 * time.Second},
		{"five minutes", StopConfig{Timeout: 5 * time.Minute}, all, 295 * time.Second},
		{"ten seconds", StopConfig{Timeout: 10 * time.Second}, few, 9 * time.Second},
		{"five seconds", StopConfig{Timeout: 5 * time.Second}, few, 4500 * time.Millisecond},
		{"a reserve that is given", StopConfig{Timeout: 25 * time.Second, Reserve: Reserve{Resources: 10 * time.Second}}, few, 22500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBudget(time.Unix(1000, 0), c.conf)
			b.members = c.members
			if got := b.requestTime(); got < c.least || got >= c.conf.Timeout {
				t.Errorf("requests get %v of %v, want %v or more", got, c.conf.Timeout, c.least)
			}
		})
	}
	conf := StopConfig{Timeout: 25 * time.Second}
	if got := conf.RequestTime(); got < 21*time.Second || got >= 22500*time.Millisecond {
		t.Errorf("RequestTime %v, want what is left with members everywhere", got)
	}
	if got := (StopConfig{Timeout: 10 * time.Second, Reserve: Reserve{Tasks: 9 * time.Second}}).RequestTime(); got < 0 || got > time.Second {
		t.Errorf("with 9 s for tasks requests get %v of 10 s", got)
	}
}

func TestLastCallIsAShareWithACap(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{
		-time.Second:           0,
		0:                      0,
		100 * time.Millisecond: 20 * time.Millisecond,
		time.Second:            50 * time.Millisecond,
		10 * time.Second:       500 * time.Millisecond,
		time.Hour:              750 * time.Millisecond,
	} {
		if got := LastCall(d); got != want {
			t.Errorf("LastCall(%v) = %v, want %v", d, got, want)
		}
	}
}

func TestBudgetShrinksAndNeverGrows(t *testing.T) {
	began := time.Unix(1000, 0)
	b := newBudget(began, StopConfig{Timeout: 10 * time.Second})
	if b.shrink(began.Add(20 * time.Second)) {
		t.Error("shrink to a later deadline: got true")
	}
	if !b.shrink(began.Add(4 * time.Second)) {
		t.Error("shrink to a nearer deadline: got false")
	}
	if got, want := b.whole, 4*time.Second; got != want {
		t.Errorf("length %v, want %v", got, want)
	}
}

func TestHurryKeepsTheReservesOfWhatFollows(t *testing.T) {
	began := time.Unix(1000, 0)
	b := newBudget(began, DefaultStop())
	for p := Unbind; p <= Final; p++ {
		b.members[p] = 1
	}
	before := b.reserve(Resources)
	b.hurry(began.Add(time.Second))
	if after := b.reserve(Resources); after != before {
		t.Errorf("Resources had %v, after Hurry %v", before, after)
	}
	if left := b.end(Unbind).Sub(began.Add(time.Second)); left < b.reserve(Unbind) {
		t.Errorf("Unbind has %v left", left)
	}
	if got, want := b.deadline.Sub(b.end(Tasks)), b.reserve(Resources)+b.reserve(Final); got != want {
		t.Errorf("after Tasks %v are left, want %v", got, want)
	}
}

func TestSlot(t *testing.T) {
	cases := []struct {
		left, limit time.Duration
		othersWait  bool
		want        time.Duration
	}{
		{10, 0, false, 10},
		{10, 0, true, 5},
		{10, 3, false, 3},
		{10, 8, true, 5},
		{10, 3, true, 3},
		{-1, 0, false, 0},
		{-1, 5, true, 0},
	}
	for _, c := range cases {
		if got := slot(c.left, c.limit, c.othersWait); got != c.want {
			t.Errorf("slot(%d, %d, %v) = %d, want %d", c.left, c.limit, c.othersWait, got, c.want)
		}
	}
}

func TestBudgetWarnsOfWhatCannotFit(t *testing.T) {
	members := [Final + 1]int{Drain: 1, Tasks: 1, Resources: 1, Final: 1}
	cases := []struct {
		name string
		conf StopConfig
		want []string // parts of the warnings
	}{
		{"default", DefaultStop(), nil},
		{"lame duck that fits", StopConfig{Timeout: 100, LameDuck: 60}, nil},
		{"lame duck too long", StopConfig{Timeout: 100, LameDuck: 61}, []string{"stop.lame_duck"}},
		{"platform grants more", StopConfig{Timeout: 25, Platform: 30}, nil},
		{"platform grants less", StopConfig{Timeout: 30, Platform: 30}, []string{"stop.platform"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBudget(time.Time{}, c.conf)
			b.members = members
			got := b.warnings()
			if len(got) != len(c.want) {
				t.Fatalf("warnings %v, want %d", got, len(c.want))
			}
			for i, part := range c.want {
				if !strings.Contains(got[i].Error(), part) {
					t.Errorf("warning %q does not speak of %s", got[i], part)
				}
			}
		})
	}
}

func TestStopConfigValidate(t *testing.T) {
	ok := DefaultStop()
	cases := []struct {
		name   string
		change func(*StopConfig)
		want   string // part of the error; empty: valid
	}{
		{"default", func(*StopConfig) {}, ""},
		{"zero", func(c *StopConfig) { c.Timeout = 0 }, "stop.timeout"},
		{"negative", func(c *StopConfig) { c.Timeout = -time.Second }, "stop.timeout"},
		{"negative lame duck", func(c *StopConfig) { c.LameDuck = -1 }, "stop.lame_duck"},
		{"negative reserve", func(c *StopConfig) { c.Reserve.Tasks = -1 }, "stop.reserve.tasks"},
		{"reserves fill the budget", func(c *StopConfig) { c.Reserve.Drain = c.Timeout }, ""},
		{"reserves over the budget", func(c *StopConfig) { c.Reserve.Drain, c.Reserve.Final = c.Timeout, 1 }, "stop.reserve"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			conf := ok
			c.change(&conf)
			err := conf.Validate()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want an error about %q", err, c.want)
			}
		})
	}
	if err := (StartConfig{}).Validate(); err == nil {
		t.Error("start.timeout 0: got nil, want an error")
	}
}
