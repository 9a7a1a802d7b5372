package resting

import (
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const patience = 20 * time.Second

// pair returns two ends of a connection, by their descriptors.
func pair(t *testing.T) (here, there int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fds[0], fds[1]
}

func write(t *testing.T, fd int) {
	t.Helper()
	if _, err := unix.Write(fd, []byte("x")); err != nil {
		t.Fatal(err)
	}
}

// started returns a Set that waits, and a channel of what it reports.
func started(t *testing.T) (*Set[string], <-chan Ready[string]) {
	t.Helper()
	s, err := New[string]()
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan Ready[string], 64)
	var waits sync.WaitGroup
	waits.Go(func() {
		s.Wait(func(all []Ready[string]) {
			for _, r := range all {
				got <- r
			}
		})
	})
	t.Cleanup(func() { s.Close(); s.Close(); waits.Wait() })
	return s, got
}

func receive(t *testing.T, from <-chan Ready[string]) Ready[string] {
	t.Helper()
	select {
	case r := <-from:
		return r
	case <-time.After(patience):
		t.Fatal("nothing came out")
		return Ready[string]{}
	}
}

func TestSocketComesOutWhenItCanBeRead(t *testing.T) {
	s, got := started(t)
	for _, tt := range []struct {
		name   string
		before bool // it has bytes when it is added
		act    func(there int)
		hangup bool
	}{
		{"bytes before", true, func(there int) { write(t, there) }, false},
		{"bytes", false, func(there int) { write(t, there) }, false},
		{"the end", false, func(there int) { unix.Close(there) }, true},
		{"half the end", false, func(there int) { unix.Shutdown(there, unix.SHUT_WR) }, true},
		{"bytes and the end", false, func(there int) { write(t, there); unix.Close(there) }, true},
	} {
		here, there := pair(t)
		if tt.before {
			tt.act(there)
		}
		name := tt.name
		if _, err := s.Add(here, &name); err != nil {
			t.Fatal(err)
		}
		if !tt.before {
			tt.act(there)
		}
		r := receive(t, got)
		if *r.Is != tt.name || r.Hangup != tt.hangup && tt.name != "bytes and the end" {
			t.Errorf("%s: got %q, hangup %v", tt.name, *r.Is, r.Hangup)
		}
		if s.Remove(here, &name) {
			t.Errorf("%s: it is still in the set", tt.name)
		}
		unix.Close(here)
		if tt.name == "bytes before" || tt.name == "bytes" || tt.name == "half the end" {
			unix.Close(there)
		}
	}
}

// An event may be on its way when its socket is removed and closed, and the next
// socket gets the same descriptor.
func TestEventOfAFormerSocketIsNotTheNextOnes(t *testing.T) {
	s, err := New[string]()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	here, there := pair(t)
	first, second := "first", "second"
	if _, err := s.Add(here, &first); err != nil {
		t.Fatal(err)
	}
	write(t, there)
	events, err := s.poll.ready()
	if err != nil || len(events) != 1 {
		t.Fatalf("got %v, %v", events, err)
	}
	if !s.Remove(here, &first) {
		t.Fatal("it was not there")
	}
	unix.Close(here)
	unix.Close(there)
	again, other := pair(t)
	defer unix.Close(other)
	if again != here {
		t.Skipf("descriptor %d was not used again, %d was", here, again)
	}
	defer unix.Close(again)
	if _, err := s.Add(again, &second); err != nil {
		t.Fatal(err)
	}
	if got := s.take(nil, events); len(got) != 0 {
		t.Errorf("got %q", *got[0].Is)
	}
	if !s.Remove(again, &second) {
		t.Error("the next one is gone")
	}
}

// However many want a socket, only one gets it.
func TestSocketIsTakenOutOnce(t *testing.T) {
	s, got := started(t)
	here, there := pair(t)
	defer unix.Close(here)
	defer unix.Close(there)
	name := "one"
	buf := make([]byte, 1)
	for range 200 {
		if _, err := s.Add(here, &name); err != nil {
			t.Fatal(err)
		}
		removed := make(chan bool, 2)
		for range 2 {
			go func() { removed <- s.Remove(here, &name) }()
		}
		write(t, there)
		n := 0
		for range 2 {
			if <-removed {
				n++
			}
		}
		if n == 0 {
			receive(t, got)
		}
		if n > 1 || len(got) > 0 {
			t.Fatalf("taken out %d times, and %d times by an event", n, len(got))
		}
		unix.Read(here, buf)
	}
}

func TestClosedSetTakesNothing(t *testing.T) {
	s, err := New[string]()
	if err != nil {
		t.Fatal(err)
	}
	here, there := pair(t)
	defer unix.Close(here)
	defer unix.Close(there)
	before, name := "before", "after"
	if _, err := s.Add(here, &before); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := s.Add(there, &name); err != net.ErrClosed {
		t.Errorf("got %v", err)
	}
	if !s.Remove(here, &before) {
		t.Error("what was in it is lost")
	}
	s.Wait(func([]Ready[string]) { t.Error("an event of a closed set") })
}

// A socket that is closed in the Set has no event; the next one with its
// descriptor brings it back.
func TestSocketThatIsClosedIsNotForgotten(t *testing.T) {
	s, got := started(t)
	here, there := pair(t)
	first, second := "first", "second"
	if lost, err := s.Add(here, &first); lost != nil || err != nil {
		t.Fatalf("got %v, %v", lost, err)
	}
	unix.Close(here)
	unix.Close(there)
	again, other := pair(t)
	defer unix.Close(again)
	defer unix.Close(other)
	if again != here {
		t.Skipf("descriptor %d was not used again, %d was", here, again)
	}
	if lost, err := s.Add(again, &second); lost != &first || err != nil {
		t.Errorf("got %v, %v, want the first", lost, err)
	}
	write(t, other)
	if r := receive(t, got); r.Is != &second {
		t.Errorf("got %q", *r.Is)
	}
}

// A socket may come back as often as it likes, and another may have its descriptor
// meanwhile.
func TestSocketComesBack(t *testing.T) {
	s, got := started(t)
	name, buf := "one", make([]byte, 1)
	for range 3 {
		here, there := pair(t)
		for range 5 {
			if _, err := s.Add(here, &name); err != nil {
				t.Fatal(err)
			}
			write(t, there)
			receive(t, got)
			unix.Read(here, buf)
		}
		if _, err := s.Add(here, &name); err != nil {
			t.Fatal(err)
		}
		if !s.Remove(here, &name) {
			t.Error("it was not there")
		}
		unix.Close(here)
		unix.Close(there)
	}
}

// A socket that has left by a move may come back, on a descriptor that another one
// has had in the meantime: its old entry is still there.
func TestSocketThatComesBackMeetsItsOldEntry(t *testing.T) {
	s, got := started(t)
	first, client := pair(t)
	second, other := pair(t)
	names := [...]string{"first", "second", "first again"}
	rest := func(fd, is int) {
		t.Helper()
		if _, err := s.Add(fd, &names[is]); err != nil {
			t.Fatalf("%s: %v", names[is], err)
		}
	}
	rest(first, 0)
	if !s.Remove(first, &names[0]) {
		t.Fatal("the first did not rest")
	}
	elsewhere, err := unix.Dup(first) // another process has it
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Dup2(second, first); err != nil {
		t.Fatal(err)
	}
	rest(first, 1)
	write(t, other)
	if r := receive(t, got); r.Is != &names[1] {
		t.Fatalf("got %s, want the second", *r.Is)
	}
	s.Forget(first)
	if err := unix.Dup2(elsewhere, first); err != nil {
		t.Fatal(err)
	}
	rest(first, 2)
	write(t, client)
	if r := receive(t, got); r.Is != &names[2] {
		t.Errorf("got %s, want the first again", *r.Is)
	}
	for _, fd := range []int{first, client, second, other, elsewhere} {
		_ = unix.Close(fd)
	}
}
