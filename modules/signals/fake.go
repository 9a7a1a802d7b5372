package signals

import (
	"maps"
	"os"
	"slices"
	"sync"
)

// Fake is a Source without an operating system, for tests. Its zero value is
// ready for use; its methods may be called from any goroutine at any time.
type Fake struct {
	mu      sync.Mutex // guards everything below
	heard   map[chan<- os.Signal]map[os.Signal]bool
	ignored map[os.Signal]bool
}

// Send delivers sig as the operating system would. It reports whether a channel was
// registered for it; without one, a real process might have died.
func (f *Fake) Send(sig os.Signal) (caught bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ignored[sig] {
		return true
	}
	for c, sigs := range f.heard {
		if !sigs[sig] {
			continue
		}
		caught = true
		select {
		case c <- sig:
		default: // as os/signal does
		}
	}
	return caught
}

// IgnoreFromParent makes sig ignored, as nohup does.
func (f *Fake) IgnoreFromParent(sig os.Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ignored == nil {
		f.ignored = map[os.Signal]bool{}
	}
	f.ignored[sig] = true
}

// Notify implements Source.
func (f *Fake) Notify(c chan<- os.Signal, sigs ...os.Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.heard == nil {
		f.heard = map[chan<- os.Signal]map[os.Signal]bool{}
	}
	if f.heard[c] == nil {
		f.heard[c] = map[os.Signal]bool{}
	}
	for _, sig := range sigs {
		f.heard[c][sig] = true
		delete(f.ignored, sig)
	}
}

// Stop implements Source.
func (f *Fake) Stop(c chan<- os.Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.heard, c)
}

// Reset implements Source.
func (f *Fake) Reset(sig os.Signal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, sigs := range f.heard {
		delete(sigs, sig)
	}
}

// Ignored implements Source.
func (f *Fake) Ignored(sig os.Signal) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ignored[sig]
}

// Caught returns the signals for which a channel is registered.
func (f *Fake) Caught() []os.Signal {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := map[os.Signal]bool{}
	for _, sigs := range f.heard {
		maps.Copy(all, sigs)
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b os.Signal) int { return numberOf(a) - numberOf(b) })
}

var _ Source = (*Fake)(nil)
