package cli

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gracefulfx/graceful/internal/graph"
)

func graphFlags(fs *pflag.FlagSet) {
	fs.Bool("dot", false, "in the language of Graphviz")
	fs.Bool("svg", false, "as a picture, drawn by Graphviz (dot) on this machine")
}

// parts shows the parts of the running process.
func parts(c *call) int {
	dot, _ := c.flags.GetBool("dot")
	svg, _ := c.flags.GetBool("svg")
	if dot && svg || c.json && (dot || svg) {
		return c.misused(fmt.Errorf("only one of --dot, --svg and --json"), "graph")
	}
	client, code := c.client()
	if client == nil {
		return code
	}
	var text []byte
	if err := client.Get(c.ctx, "/v1/graph", &text); err != nil {
		return c.failed(err)
	}
	switch {
	case dot:
		fmt.Fprint(c.stdout, sanitize(string(text)))
	case svg:
		return c.draw(text)
	default:
		c.listParts(graph.Parse(string(text)).Parts())
	}
	return exitDone
}

// draw runs Graphviz to draw a picture.
func (c *call) draw(dot []byte) int {
	program, err := exec.LookPath("dot")
	if err != nil {
		return c.failed(fmt.Errorf("a picture needs Graphviz here: install graphviz, or draw the output of --dot where it is installed (%w)", err))
	}
	cmd := exec.CommandContext(c.ctx, program, "-Tsvg")
	var out, complaint bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(dot), &out, &complaint
	if err := cmd.Run(); err != nil {
		return c.failed(fmt.Errorf("%s -Tsvg: %w: %s", program, err, strings.TrimSpace(complaint.String())))
	}
	_, _ = c.stdout.Write(out.Bytes())
	return exitDone
}

func (c *call) listParts(all []graph.Part) {
	if c.json {
		c.writeJSON(all)
		return
	}
	var rows [][]string
	for _, p := range all {
		rows = append(rows, []string{sanitize(p.Type), sanitize("by " + p.By)})
		for _, need := range p.Needs {
			rows = append(rows, []string{"", sanitize("needs " + need)})
		}
	}
	c.table(rows)
}
