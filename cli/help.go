package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// overview prints all commands.
func (p *program) overview() {
	fmt.Fprintf(p.stdout, "%s [COMMAND] [FLAGS]\n\n", p.name)
	for _, c := range commands() {
		fmt.Fprintf(p.stdout, "  %-12s %s\n", c.name, c.short)
	}
	fmt.Fprintf(p.stdout, `
Without a command, it runs. %[1]s help COMMAND shows more.
Exit codes: 0 done or nothing to do, 1 refused, 2 not understood, 3 not running,
4 not done in time, 5 done but a part waits for a restart, 6 not allowed,
7 no answer, 8 another user's socket.
`, p.name)
}

func (p *program) help(c *call) {
	cmd := c.command
	fmt.Fprintln(p.stdout, strings.TrimSpace(strings.Join([]string{p.name, cmd.name, cmd.args}, " "))+": "+cmd.short)
	if cmd.long != "" {
		fmt.Fprintf(p.stdout, "\n%s\n", cmd.long)
	}
	own, settings := pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
	own.SortFlags, settings.SortFlags = false, false
	c.flags.VisitAll(func(f *pflag.Flag) {
		if strings.Contains(f.Name, ".") {
			settings.AddFlag(f)
		} else {
			own.AddFlag(f)
		}
	})
	if own.HasAvailableFlags() {
		fmt.Fprintf(p.stdout, "\nFlags:\n%s", own.FlagUsagesWrapped(100))
	}
	if settings.HasAvailableFlags() {
		fmt.Fprintf(p.stdout, "\nSettings, which win over environment and file:\n%s", settings.FlagUsagesWrapped(100))
	}
}
