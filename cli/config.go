package cli

import (
	"fmt"

	"github.com/gracefulfx/graceful/modules/admin"
	"github.com/gracefulfx/graceful/modules/config"
)

func configuration(c *call) int {
	what := "show"
	if len(c.args) == 1 {
		what = c.args[0]
	}
	switch what {
	case "show":
		return c.settings()
	case "sample":
		if c.json {
			c.writeJSON(map[string]string{"sample": string(c.known.catalog.Sample())})
			return exitDone
		}
		_, _ = c.stdout.Write(c.known.catalog.Sample())
		return exitDone
	case "schema":
		_, _ = c.stdout.Write(c.known.catalog.Schema())
		return exitDone
	case "diff", "history":
	default:
		return c.misused(fmt.Errorf("config has no %q", what), "config")
	}
	client, code := c.client()
	if client == nil {
		return code
	}
	if what == "diff" {
		var r config.Report
		if err := client.Get(c.ctx, "/v1/config/diff", &r); err != nil {
			return c.failed(err)
		}
		return c.printDiff(r)
	}
	var list []admin.Revision
	if err := client.Get(c.ctx, "/v1/config/history", &list); err != nil {
		return c.failed(err)
	}
	if c.json {
		c.writeJSON(list)
		return exitDone
	}
	for _, r := range list {
		fmt.Fprintf(c.stdout, "%s  generation %d  revision %d  %.8s  by %s: %s\n", r.At.Local().Format("2006-01-02 15:04:05"), r.Generation, r.Report.Revision, r.Hash, sanitize(r.Trigger), sanitize(r.Text()))
		c.printDetails(r.Report)
	}
	return exitDone
}

// settings prints the settings in force or, with --offline, those that a start
// would use.
func (c *call) settings() int {
	var list []config.Setting
	if offline, _ := c.flags.GetBool("offline"); offline {
		if err := c.inspect(func(st *config.Store) { list = st.Effective() }, withFlags(c.flags)); err != nil {
			return c.failed(err)
		}
	} else {
		client, code := c.client()
		if client == nil {
			return code
		}
		if err := client.Get(c.ctx, "/v1/config", &list); err != nil {
			return c.failed(err)
		}
	}
	if c.json {
		c.writeJSON(list)
		return exitDone
	}
	var rows [][]string
	for _, s := range list {
		rows = append(rows, []string{sanitize(s.Key), sanitize(s.Value), sanitize(s.Source)})
	}
	c.table(rows)
	return exitDone
}
