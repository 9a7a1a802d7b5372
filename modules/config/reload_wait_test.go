package config

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
)

func TestReloadsOnTheWayAreShared(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	entered, leave := make(chan struct{}), make(chan struct{})
	OnReload(r.web, "slow", func(context.Context, Change[web]) (Tx, error) {
		entered <- struct{}{}
		<-leave
		return Tx{}, nil
	})
	write(t, r.path, "http: {port: 2}")
	first := make(chan Report)
	go func() { first <- r.Reload(context.Background(), "first") }()
	<-entered
	write(t, r.path, "http: {port: 3}")
	rest := make(chan Report)
	for range 100 {
		go func() { rest <- r.Reload(context.Background(), "rest") }()
	}
	for waiting := false; !waiting; {
		r.mu.Lock()
		waiting = r.queued != nil
		r.mu.Unlock()
	}
	leave <- struct{}{}
	<-first
	<-entered
	leave <- struct{}{}
	for range 100 {
		if got := <-rest; got.Err() != nil || got.Revision != 3 {
			t.Errorf("got %s", got.Text())
		}
	}
	if got := r.web.Get().Port; got != 3 {
		t.Errorf("got port %d, want 3", got)
	}
}

func TestReloadIsRefusedWhenTheCallerGivesUp(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	ctx, cancel := context.WithCancelCause(context.Background())
	stopping := errors.New("stopping")
	rolledBack := false
	OnReload(r.web, "a", func(context.Context, Change[web]) (Tx, error) {
		cancel(stopping)
		return Tx{Rollback: func() { rolledBack = true }}, nil
	})
	write(t, r.path, "http: {port: 2}")
	for _, when := range []string{"in the middle", "before"} {
		if got := r.Reload(ctx, "x"); got.Result != Refused || !errors.Is(got.Err(), stopping) || r.web.Get().Port != 1 {
			t.Errorf("%s: got %s, want it refused", when, got.JSON())
		}
	}
	if !rolledBack {
		t.Error("what was prepared was not rolled back")
	}
}

// Such a reload must be in the metrics, and the last report must be about it.
func TestReloadWhoseCallerGivesUpWhileItWaitsIsCountedAndRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "http: {port: 1}")
		gate := make(chan struct{})
		OnReload(r.web, "slow", func(context.Context, Change[web]) (Tx, error) {
			<-gate
			return Tx{}, nil
		})
		write(t, r.path, "http: {port: 2}")
		reload := func(by string) (gaveUp context.CancelCauseFunc, got chan Report) {
			ctx, cancel := context.WithCancelCause(t.Context())
			got = make(chan Report, 1)
			go func() { got <- r.Reload(ctx, by) }()
			synctest.Wait()
			return cancel, got
		}
		_, first := reload("first")
		leaderGivesUp, leader := reload("leader")
		followerGivesUp, follower := reload("follower")
		_, patient := reload("patient")
		why := errors.New("no time")
		for by, x := range map[string]struct {
			giveUp context.CancelCauseFunc
			got    chan Report
		}{"follower": {followerGivesUp, follower}, "leader": {leaderGivesUp, leader}} {
			x.giveUp(why)
			got := <-x.got
			if last := r.Last(); got.Result != Refused || got.Trigger != by || !errors.Is(got.Err(), why) || !reflect.DeepEqual(last, got) {
				t.Errorf("%s: got %s, and recorded %s", by, got.JSON(), last.JSON())
			}
		}
		close(gate)
		if got := <-first; got.Result != Applied {
			t.Errorf("first: got %s", got.Text())
		}
		if got := <-patient; got.Result != Unchanged {
			t.Errorf("patient: got %s", got.Text())
		}
		refused := map[string]float64{}
		for _, f := range r.Metrics() {
			if f.Name == "config_reloads_total" && f.Labels[3] == string(Refused) {
				refused[f.Labels[1]] = f.Value
			}
		}
		if want := map[string]float64{"leader": 1, "follower": 1}; !reflect.DeepEqual(refused, want) {
			t.Errorf("got %v refused, want %v", refused, want)
		}
	})
}
