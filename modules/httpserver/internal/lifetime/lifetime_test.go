package lifetime

import (
	"testing"
	"testing/synctest"
	"time"
)

// Limits apply to lives that have begun, too, and 0 means no limit.
func TestLifeIsOverAtALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := New()
		var life Life
		life.Begin(limits)
		life.Requests.Store(1000)
		time.Sleep(time.Hour) // of the bubble
		if limits.Any() || life.Over() {
			t.Error("over without a limit")
		}
		for _, tt := range []struct {
			name     string
			age      time.Duration
			requests int
			want     bool
		}{
			{"young", 2 * time.Hour, 0, false},
			{"old", 30 * time.Minute, 0, true},
			{"few requests", 0, 1001, false},
			{"as many as there may be", 0, 1000, true},
			{"one of both", 2 * time.Hour, 10, true},
		} {
			limits.Set(tt.age, tt.requests)
			if got := life.Over(); got != tt.want || !limits.Any() {
				t.Errorf("%s: over is %v, want %v", tt.name, got, tt.want)
			}
		}
	})
}
