package conns

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// unopenable is a descriptor of which no connection can be made now.
type unopenable struct {
	net.Conn
	opens int
}

func (c *unopenable) Open() (net.Conn, error) {
	c.opens++
	return nil, errors.New("too many open files")
}

func (c *unopenable) Descriptor() int { return -1 }

// What is taken while it waits to be opened belongs to the taker alone, even if it
// is taken as the wait begins: its descriptor may be that of another file soon.
func TestTakenConnectionIsNotOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := New(Config{})
		for range 1000 {
			tracked, u := &Tracked{set: set, serving: notServing}, &unopenable{}
			runs, taken := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(taken)
				close(runs)
				for !set.takeFromRetry(tracked) {
				}
			}()
			<-runs
			set.retryUnopened(tracked, u, firstRetry)
			<-taken
			time.Sleep(2 * firstRetry)
			if u.opens > 0 {
				t.Fatal("it was opened after it was taken")
			}
			if set.takeFromRetry(tracked) {
				t.Fatal("it was taken twice")
			}
		}
	})
}

// What nothing takes is tried again, after pauses that double.
func TestConnectionThatCannotBeOpenedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, u := New(Config{}), &unopenable{}
		tracked := &Tracked{set: set, serving: notServing}
		set.retryUnopened(tracked, u, firstRetry)
		time.Sleep(15 * firstRetry) // 1 + 2 + 4 + 8
		synctest.Wait()
		if u.opens != 4 {
			t.Errorf("%d tries, want 4", u.opens)
		}
		if !set.takeFromRetry(tracked) {
			t.Error("it no longer waits")
		}
		time.Sleep(time.Minute)
		if u.opens != 4 {
			t.Errorf("%d tries, though it was taken after 4", u.opens)
		}
	})
}
