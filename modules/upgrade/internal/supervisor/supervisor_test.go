package supervisor

import (
	"os"
	"strconv"
	"testing"
)

func TestChargeFollowsTheGenerations(t *testing.T) {
	g := &generations{}
	step := func(what string, want int) {
		t.Helper()
		if got := g.inCharge(); got != want {
			t.Errorf("%s: %d is in charge, want %d", what, got, want)
		}
	}
	step("nothing has begun", 0)
	g.charge(10)
	g.hello(10)
	step("the first", 10)
	g.hello(11)
	step("a successor starts", 10)
	g.ended(11)
	step("it fails", 10)
	g.hello(12)
	g.charge(12)
	step("one takes over", 12)
	g.leave(12)
	step("the upgrade is taken back", 10)
	g.ended(12)
	g.hello(13)
	g.charge(13)
	if !g.ended(10) || g.ended(99) {
		t.Error("10 was a generation, 99 was none")
	}
	step("the predecessor has ended", 13)
	g.hello(14)
	g.ended(13)
	step("the predecessor died in the middle", 14)
	g.ended(14)
	step("all have ended", 0)
}

// To kill(2), 0 and negative numbers mean many processes: no line may name them.
func TestOnlyOneProcessCanBeInCharge(t *testing.T) {
	s := &supervisor{}
	for _, line := range []string{"!-1", "!0", "!1", "+-1", "!", "!x", "?2"} {
		if s.learn(news{line: line}); s.generations.inCharge() != 0 {
			t.Fatalf("after %q process %d is in charge", line, s.generations.inCharge())
		}
	}
	if s.learn(news{line: "!" + strconv.Itoa(os.Getpid())}); s.generations.inCharge() != os.Getpid() {
		t.Errorf("a process that is there is not in charge: %d", s.generations.inCharge())
	}
}
