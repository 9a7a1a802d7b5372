package graceful

import (
	"fmt"
	"io"
	"slices"

	"github.com/gracefulfx/graceful/internal/output"
)

// hintAtCommands says that Run reads no arguments, if the first one is a command of
// package cli. Other arguments may be the application's.
func hintAtCommands(w io.Writer, first string) {
	commands := []string{"check", "config", "drain", "log-level", "page", "reload", "status", "stop", "timeline", "upgrade", "version", "--help", "--version"}
	if slices.Contains(commands, first) {
		fmt.Fprintf(output.Bounded(w), "graceful: %q is not read: graceful.Run starts the application whatever its arguments are; call cli.Main(name, options...) for commands and flags\n", first)
	}
}
