package proc

import (
	"errors"
	"os"
	"testing"
	"time"
)

func TestCounterCounts(t *testing.T) {
	c, err := Count(os.Getpid(), TaskClock)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const work = 20 * time.Millisecond
	done := make(chan struct{})
	go func() {
		defer close(done)
		for began := time.Now(); time.Since(began) < 3*work; {
		}
	}()
	<-done
	n, err := c.Value()
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Error("nothing was counted")
	}
}

func TestCountOfAProcessThatIsGone(t *testing.T) {
	if _, err := Count(1<<30, TaskClock); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
}
