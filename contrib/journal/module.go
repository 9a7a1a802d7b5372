package journal

import (
	"os"

	"github.com/coreos/go-systemd/v22/journal"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/logging"
)

// Module provides the logging.Sink of the application. Give it beside
// graceful.Module; with graceful.Core it counts for events if the application has
// no logger.
var Module = fx.Module("journal", fx.Provide(func(a *app.App) logging.Sink { return Sink(a.Name()) }))

// Sink returns the destination of the lines of the application with that name: the
// journal if standard error leads there, else the zero Sink, which is standard
// error.
func Sink(name string) logging.Sink {
	if is, err := journal.StderrIsJournalStream(); err != nil || !is || !journal.Enabled() {
		return logging.Sink{}
	}
	return logging.Sink{W: &writer{name: name, stream: os.Stderr}}
}
