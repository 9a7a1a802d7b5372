package signals

import (
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestEscalation(t *testing.T) {
	begin, hurry, both, exit, none := demand{begin: true}, demand{hurry: true}, demand{begin: true, hurry: true}, demand{exit: true}, demand{}
	type sent struct {
		after  time.Duration
		sig    os.Signal
		weight int
		want   demand
	}
	for name, signals := range map[string][]sent{
		"three":                {{0, syscall.SIGTERM, 1, begin}, {time.Second, syscall.SIGTERM, 1, hurry}, {time.Second, syscall.SIGTERM, 1, exit}},
		"different ones":       {{0, syscall.SIGINT, 1, begin}, {0, syscall.SIGTERM, 1, hurry}, {0, syscall.SIGINT, 1, exit}},
		"the same at once":     {{0, syscall.SIGTERM, 1, begin}, {sameWish / 2, syscall.SIGTERM, 1, none}, {sameWish, syscall.SIGTERM, 1, hurry}},
		"hurried at once":      {{0, syscall.SIGINT, 2, both}, {time.Second, syscall.SIGTERM, 1, exit}},
		"hurried afterwards":   {{0, syscall.SIGTERM, 1, begin}, {0, syscall.SIGINT, 2, hurry}, {0, syscall.SIGTERM, 1, exit}},
		"hurried, and exiting": {{0, syscall.SIGTERM, 1, begin}, {0, syscall.SIGINT, 1, hurry}, {time.Second, syscall.SIGINT, 2, exit}, {time.Second, syscall.SIGINT, 1, exit}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var e escalation
				for i, s := range signals {
					time.Sleep(s.after)
					if got := e.next(s.sig, s.weight); got != s.want {
						t.Errorf("signal %d: got %+v, want %+v", i+1, got, s.want)
					}
				}
			})
		})
	}
}
