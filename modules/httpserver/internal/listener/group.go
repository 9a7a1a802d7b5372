package listener

import (
	"context"
	"errors"
	"net"
	"sync"
)

// Group has the sockets of one server, in the order of its configuration.
type Group []*Listener

// Addrs returns the addresses to which they are bound.
func (g Group) Addrs() []net.Addr {
	addrs := make([]net.Addr, len(g))
	for i, l := range g {
		addrs[i] = l.Addr()
	}
	return addrs
}

// Pause pauses each, see [Listener.Pause].
func (g Group) Pause() {
	for _, l := range g {
		l.Pause()
	}
}

// Resume undoes Pause. It may be called without one.
func (g Group) Resume() {
	for _, l := range g {
		l.Resume()
	}
}

// ReplaceServer ends the run of each.
func (g Group) ReplaceServer() {
	for _, l := range g {
		l.ReplaceServer()
	}
}

// Close closes each at once.
func (g Group) Close() error {
	var errs []error
	for _, l := range g {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// Retire retires all at the same time, see [Listener.Retire]. It blocks until the
// last one has ended, or ctx ends.
func (g Group) Retire(ctx context.Context, how func(*Listener) Retiring) error {
	errs := make([]error, len(g))
	var all sync.WaitGroup
	for i, l := range g {
		all.Go(func() { errs[i] = l.Retire(ctx, how(l)) })
	}
	all.Wait()
	return errors.Join(errs...)
}
