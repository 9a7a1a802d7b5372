package upgrade

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

var upgrades = flag.Int("upgrades", 20, "how many generations follow one another in the tests under load")

// Clients that never retry and never reconnect work through a chain of generations.
// No line is lost, no connection ends; the last generation holds no more than the
// second.
func TestChainOfGenerationsUnderLoad(t *testing.T) {
	r := setUp(t).start()
	var lines atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range 16 {
		c := r.dial()
		if i%2 == 1 {
			c.Close()
			c = r.dialTo("unix", filepath.Join(r.dir, "sock"))
		}
		clients.Go(func() {
			defer c.Close()
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				line := fmt.Sprintf("client %d line %d", i, n)
				got, err := c.ask(line)
				if err != nil || !strings.HasSuffix(got, " "+line) {
					t.Errorf("line %d: got %q, %v", n, got, err)
					return
				}
				lines.Add(1)
			}
		})
	}
	var second snapshot
	for i := range *upgrades {
		if result := r.upgrade(); result.TakenBack > 0 {
			t.Errorf("got %+v", result)
		}
		if i == 0 {
			second = r.snapshot()
		}
	}
	last := r.snapshot()
	close(stop)
	clients.Wait()
	if len(last.Files) > len(second.Files)+2 || last.Goroutines > second.Goroutines+4 { // requests come and go
		t.Errorf("generation %d holds %d files and %d goroutines, generation 2 %d and %d",
			last.Generation, len(last.Files), last.Goroutines, len(second.Files), second.Goroutines)
	}
	if last.Memory > 2*second.Memory { // a process that has just started; garbage comes and goes
		t.Errorf("generation %d has %d MB, generation 2 %d", last.Generation, last.Memory>>20, second.Memory>>20)
	}
	if want := *upgrades + 1; last.Generation != want {
		t.Errorf("got generation %d, want %d", last.Generation, want)
	}
	t.Logf("%d lines over %d upgrades", lines.Load(), *upgrades)
	r.stop()
}
