package journal

import (
	"fmt"
	"os"

	"github.com/coreos/go-systemd/v22/journal"
)

// writer sends each line as an entry.
type writer struct {
	name   string
	stream *os.File
}

// Write blocks while the journal does not read. Like any sink of zap it gets whole
// lines, one at a time.
func (w *writer) Write(line []byte) (int, error) {
	e := parse(line)
	e.fields["SYSLOG_IDENTIFIER"] = w.name // for the stream, the service manager sets it
	if journal.Send(e.message, e.priority, e.fields) == nil {
		return len(line), nil
	}
	_, err := fmt.Fprintf(w.stream, "<%d>%s", e.priority, line)
	return len(line), err
}

// Sync does nothing: an entry that was sent is with the system.
func (w *writer) Sync() error { return nil }
