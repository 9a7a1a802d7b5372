package cli

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/admin"
)

// commands returns the table of all commands, with those that the application has
// described: their names have two words, such as "fleet status".
func (p *program) commands() []command {
	all := commands()
	for _, info := range p.described {
		var args []string
		for _, a := range info.Args {
			args = append(args, "["+a.Name+"=...]")
		}
		name := string(info.Name)
		all = append(all, command{name: name, args: strings.Join(args, " "), short: info.Text, online: true, maxArgs: len(info.Args),
			run: func(c *call) int { return c.doDescribed(info) }})
	}
	slices.SortStableFunc(all[len(all)-len(p.described):], func(x, y command) int { return cmp.Compare(x.name, y.name) })
	return all
}

// findDescribed returns the command whose name is first and the first of rest, or
// the zero command if no name begins with first.
func findDescribed(all []command, first string, rest []string) (command, []string, error) {
	var second []string
	for _, c := range all {
		word, next, ok := strings.Cut(c.name, " ")
		if !ok || word != first {
			continue
		}
		if len(rest) > 0 && rest[0] == next {
			return c, rest[1:], nil
		}
		second = append(second, next)
	}
	if len(second) == 0 {
		return command{}, nil, nil
	}
	if len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return command{}, nil, fmt.Errorf("there is no command %q%s", first+" "+rest[0], hint(rest[0], second))
	}
	return command{}, nil, fmt.Errorf("%s needs one of: %s", first, strings.Join(second, ", "))
}

// doDescribed has the running process carry out the command, and prints only its
// result: such commands show something.
func (c *call) doDescribed(info app.CommandInfo) int {
	args, err := keyValues(append([]string{string(info.Name)}, c.args...))
	if err == nil {
		err = takes([]app.CommandInfo{info}, string(info.Name), args)
	}
	if err != nil {
		return c.misused(err, string(info.Name))
	}
	client, code := c.client()
	if client == nil {
		return code
	}
	var op admin.Operation
	c.asked = true
	if _, err := client.Post(c.ctx, "/v1/commands/"+url.PathEscape(string(info.Name)), map[string]any{"args": args}, &op); err != nil {
		return c.failed(err)
	}
	if c.json || codeOf(op.Outcome) == exitRefused || len(op.Detail) == 0 {
		c.printOutcome(op)
	} else {
		c.printResult(op)
	}
	return codeOf(op.Outcome)
}
