package systemd

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestOutboxKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		o := &outbox{send: func(text string) error { time.Sleep(time.Second); sent = append(sent, text); return nil }}
		o.put("a", "b")
		o.put("c")
		if err := o.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.put("d")
		if err := o.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if want := []string{"a", "b", "c", "d"}; !slices.Equal(sent, want) {
			t.Errorf("got %q, want %q", sent, want)
		}
	})
}

func TestOutboxOfAManagerThatDoesNotReadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := make(chan struct{})
		var sent []string
		var failed []error
		o := &outbox{
			send:   func(text string) error { <-deaf; sent = append(sent, text); return nil },
			failed: func(err error) { failed = append(failed, err) },
		}
		for i := range 1000 {
			o.put(strconv.Itoa(i))
			o.remind("again")
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := o.flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		close(deaf)
		if err := o.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(sent) > outboxSize+1 || sent[len(sent)-1] != "999" || len(failed) != 1 || !errors.Is(failed[0], errOutboxFull) {
			t.Errorf("got %d messages, the last %q, failures %v", len(sent), sent[len(sent)-1], failed)
		}
		o.close()
		o.put("late")
		if err := o.flush(t.Context()); err != nil || sent[len(sent)-1] != "999" {
			t.Errorf("sent %q after close, %v", sent[len(sent)-1], err)
		}
	})
}
