package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/admin"
)

// do runs a command of the application, or lists what there is.
func do(c *call) int {
	args, err := keyValues(c.args)
	if err != nil {
		return c.misused(err, "do")
	}
	client, code := c.client()
	if client == nil {
		return code
	}
	var all []app.CommandInfo
	if err := client.Get(c.ctx, "/v1/commands", &all); err != nil {
		return c.failed(err)
	}
	if len(c.args) == 0 {
		return c.listCommands(all)
	}
	name := c.args[0]
	if err := takes(all, name, args); err != nil {
		return c.misused(err, "do")
	}
	op, code := c.operateWith(client, "/v1/commands/"+url.PathEscape(name), map[string]any{"args": args})
	if !ownCommands[name] && !c.json && code == exitDone {
		c.printResult(op)
	}
	return code
}

// ownCommands are commands of the process for which this package has a command,
// which prints the result.
var ownCommands = map[string]bool{"reload": true, "upgrade": true, "log-level": true}

// keyValues reads the arguments after the name.
func keyValues(args []string) (map[string]string, error) {
	all := map[string]string{}
	for _, a := range args[min(1, len(args)):] {
		key, value, ok := strings.Cut(a, "=")
		if _, twice := all[key]; twice {
			return nil, fmt.Errorf("%s is given twice", key)
		}
		if !ok || key == "" {
			return nil, fmt.Errorf("%q is not of the form key=value", a)
		}
		all[key] = value
	}
	return all, nil
}

// takes returns an error if the process has no such command or argument. The
// process checks that too; here the answer costs nothing and can have a hint.
func takes(all []app.CommandInfo, name string, args map[string]string) error {
	var names []string
	for _, info := range all {
		names = append(names, string(info.Name))
	}
	i := slices.Index(names, name)
	if i < 0 {
		return fmt.Errorf("the process has no command %q%s", name, hint(name, names))
	}
	if all[i].Loose {
		return nil
	}
	var keys []string
	for _, a := range all[i].Args {
		keys = append(keys, a.Name)
	}
	for key := range args {
		if !slices.Contains(keys, key) && len(keys) == 0 {
			return fmt.Errorf("%s takes no arguments", name)
		} else if !slices.Contains(keys, key) {
			return fmt.Errorf("%s has no argument %q%s; it takes %s", name, key, hint(key, keys), strings.Join(keys, ", "))
		}
	}
	return nil
}

func hint(name string, names []string) string {
	if near := nearestOf(name, names); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}

func (c *call) listCommands(all []app.CommandInfo) int {
	if c.json {
		c.writeJSON(all)
		return exitDone
	}
	var rows [][]string
	for _, info := range all {
		rows = append(rows, []string{sanitize(string(info.Name)), sanitize(info.Text)})
		for _, a := range info.Args {
			rows = append(rows, []string{"  " + sanitize(a.Name) + "=", sanitize(a.Text)})
		}
	}
	c.table(rows)
	return exitDone
}

// printResult writes the Detail that a command of the application has returned: a
// text, or the member "text" of an object, as it is; anything else as JSON.
func (c *call) printResult(op admin.Operation) {
	if len(op.Detail) == 0 {
		return
	}
	var text string
	var object struct{ Text string }
	if json.Unmarshal(op.Detail, &object) == nil {
		text = object.Text
	}
	if text == "" && json.Unmarshal(op.Detail, &text) != nil {
		var b bytes.Buffer
		_ = json.Indent(&b, op.Detail, "", "  ") // it is valid: it was decoded before
		text = b.String()
	}
	fmt.Fprintln(c.stdout, strings.TrimRight(sanitize(text), "\n"))
}
