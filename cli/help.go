package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// overview prints all commands.
func (p *program) overview() {
	fmt.Fprintf(p.stdout, "%s [COMMAND] [FLAGS]\n\n", p.name)
	var rows [][]string
	for _, c := range p.commands() {
		rows = append(rows, []string{"  " + c.name, c.short})
	}
	p.table(rows)
	text := "Without a command, it runs. " + p.name + " help COMMAND shows more.\n" +
		"Exit codes: 0 done or nothing to do, 1 refused, 2 not understood, 3 not running, 4 not done in time, " +
		"5 done but a part waits for a restart, 6 not allowed, 7 no answer, 8 another user's socket."
	fmt.Fprintf(p.stdout, "\n%s\n", wrap(text, p.helpWidth()))
}

// helpWidth returns the width of help: that of the terminal, within limits.
func (p *program) helpWidth() int {
	width, terminal := columns(p.stdout)
	if !terminal {
		return 80
	}
	return min(max(width, 40), 100)
}

func (p *program) help(c *call) {
	cmd := c.command
	fmt.Fprintln(p.stdout, strings.TrimSpace(strings.Join([]string{p.name, cmd.name, cmd.args}, " "))+": "+cmd.short)
	width := p.helpWidth()
	if cmd.long != "" {
		fmt.Fprintf(p.stdout, "\n%s\n", wrap(cmd.long, width))
	}
	types := c.types()
	own, settings := pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
	own.SortFlags, settings.SortFlags = false, false
	c.flags.VisitAll(func(f *pflag.Flag) {
		if strings.Contains(f.Name, ".") {
			shown := *f
			shown.Value = typed{f.Value, types[f.Name]}
			settings.AddFlag(&shown)
			return
		}
		shown := *f
		if f.Name == "config" {
			shown.Value = typed{f.Value, "file"}
			shown.DefValue = ""
		}
		own.AddFlag(&shown)
	})
	if own.HasAvailableFlags() {
		fmt.Fprintf(p.stdout, "\nFlags:\n%s", own.FlagUsagesWrapped(width))
	}
	if settings.HasAvailableFlags() {
		fmt.Fprintf(p.stdout, "\nSettings, which win over environment and file:\n%s", settings.FlagUsagesWrapped(width))
	}
}
