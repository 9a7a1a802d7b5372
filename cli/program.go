package cli

import (
	"fmt"
	"io"
	"strings"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
)

// The exit codes; see the package comment.
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
	exitAbsent  = 3
	exitTimeout = 4
	exitPending = 5

	exitDenied   = 6
	exitSilent   = 7
	exitStranger = 8
)

// program is an application and its output.
type program struct {
	name   string
	opts   []fx.Option
	stdout io.Writer
	stderr io.Writer

	described []app.CommandInfo // commands of the application that the overview lists

	wantsJSON bool // known even if the arguments are wrong
}

// misused prints what is wrong and where to read more.
func (p *program) misused(err error, cmd string) int {
	return p.complain(p.wantsJSON, exitUsage, fmt.Sprintf("%v; see %s", err, strings.TrimSpace(p.name+" help "+cmd)))
}

// complain writes why a command ends. With --json it writes JSON, to standard
// output.
func (p *program) complain(asJSON bool, code int, text string) int {
	if asJSON {
		p.writeJSON(complaint{text, code})
	} else {
		fmt.Fprintln(p.stderr, p.name+": "+text)
	}
	return code
}

// complaint is the JSON of a command that has no other output.
type complaint struct {
	Error string `json:"error"`
	Code  int    `json:"code"` // the exit code
}
