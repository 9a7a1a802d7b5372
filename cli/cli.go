package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/internal/output"
)

// Main is the main function of an application with that name: it runs the
// command that the process was called with and exits. It does not return.
func Main(name string, opts ...fx.Option) {
	p := &program{}
	if cmd, _, err := p.find(os.Args[1:]); err == nil && cmd.name == "run" {
		if code, supervised := graceful.Supervise(name); supervised {
			os.Exit(code)
		}
	}
	os.Exit(Run(context.Background(), os.Args[1:], append([]fx.Option{graceful.Name(name)}, opts...)...))
}

// Run runs one command, with arguments as in os.Args[1:], and returns the exit
// code. It is for programs with other commands, which mount these among them (see
// Commands) or below one of them; opts must contain graceful.Name. When ctx ends,
// an application that runs stops in order, and a client stops waiting.
//
// Options must not contain config.WithFlags: the flags are taken from args.
func Run(ctx context.Context, args []string, opts ...fx.Option) (code int) {
	p := &program{opts: opts, stdout: os.Stdout, stderr: os.Stderr}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	known, err := p.probe()
	if err != nil {
		text := fmt.Sprintf("cannot build the application: %v", err)
		if slices.Contains(args, "--json") {
			p.writeJSON(complaint{text, exitRefused})
		} else {
			fmt.Fprintln(output.Bounded(p.stderr), text)
		}
		return exitRefused
	}
	p.name, p.described = known.name, known.commands
	p.wantsJSON = slices.Contains(args, "--json") || slices.Contains(args, "--json=true")

	cmd, rest, err := p.find(args)
	if err != nil {
		return p.misused(err, "")
	}
	fs := pflag.NewFlagSet(p.name+" "+cmd.name, pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.SortFlags = false
	c := &call{program: p, command: cmd, ctx: ctx, known: known, flags: fs}
	c.declare()
	switch err := fs.Parse(rest); {
	case errors.Is(err, pflag.ErrHelp):
		p.help(c)
		return exitDone
	case err != nil:
		return p.misused(withHint(err, fs), cmd.name)
	}
	c.args = fs.Args()
	if len(c.args) > cmd.maxArgs {
		return p.misused(fmt.Errorf("unexpected argument %q", c.args[cmd.maxArgs]), cmd.name)
	}
	watch, _ := fs.GetBool("watch")
	if follow, _ := fs.GetBool("follow"); (watch || follow || cmd.endless) && !fs.Changed("timeout") {
		c.timeout = 0
	}
	if c.timeout > 0 {
		var cancel context.CancelFunc
		c.ctx, cancel = context.WithTimeoutCause(ctx, c.timeout, errTimeout)
		defer cancel()
	}
	return cmd.run(c)
}

// find returns the command that args name, and the rest of args. Flags alone mean
// run.
func (p *program) find(args []string) (command, []string, error) {
	all := p.commands()
	if len(args) == 0 || strings.HasPrefix(args[0], "-") && args[0] != "-h" && args[0] != "--help" && args[0] != "--version" {
		return all[0], args, nil
	}
	name, rest := args[0], args[1:]
	switch name {
	case "--version":
		name = "version"
	case "help", "-h", "--help":
		if len(rest) == 0 {
			return command{name: "help", maxArgs: 1, run: func(*call) int { p.overview(); return exitDone }}, nil, nil
		}
		name, rest = rest[0], append(rest[1:len(rest):len(rest)], "--help")
	}
	if cmd, rest, err := findDescribed(all, name, rest); cmd.run != nil || err != nil {
		return cmd, rest, err
	}
	if i := slices.IndexFunc(all, func(c command) bool { return c.name == name }); i >= 0 {
		return all[i], rest, nil
	}
	if near := nearest(name, all); near != "" {
		return command{}, nil, fmt.Errorf("there is no command %q: did you mean %s?", name, near)
	}
	return command{}, nil, fmt.Errorf("there is no command %q (for commands of the application see %s do)", name, p.name)
}
