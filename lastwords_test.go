package graceful

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/fx/fxevent"

	"github.com/gracefulfx/graceful/internal/output"
)

// Neither standard error nor the log has a reader, and a stop may exceed its budget
// by a second at most.
func TestLastWordsShareOneTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		defer r.Close()
		stuck := make(stuckLog)
		defer close(stuck)
		log := &fxLog{to: stuck}
		log.LogEvent(&fxevent.Stopped{})
		synctest.Wait()

		began := time.Now()
		lastWords(output.Bounded(w), "the stop was not clean\n", log)
		if took := time.Since(began); took != output.Patience {
			t.Errorf("they took %v, want %v", took, output.Patience)
		}
	})
}

// A stuckLog blocks until it is closed.
type stuckLog chan struct{}

func (l stuckLog) LogEvent(fxevent.Event) { <-l }
