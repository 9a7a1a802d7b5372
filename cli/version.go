package cli

import (
	"fmt"

	"github.com/spf13/pflag"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/internal/build"
	"github.com/gracefulfx/graceful/modules/admin"
)

// versionInfo is the JSON of version.
type versionInfo struct {
	App      string         `json:"app"`
	Version  string         `json:"version,omitempty"`
	Revision string         `json:"revision,omitempty"`
	Time     string         `json:"time,omitempty"`
	Modified bool           `json:"modified,omitempty"`
	Go       string         `json:"go"`
	Modules  []build.Module `json:"modules,omitempty"`
}

type versionIn struct {
	fx.In

	Version admin.Version `optional:"true"`
}

func versionFlags(fs *pflag.FlagSet) {
	fs.Bool("modules", false, "list the modules in the binary as well")
}

// version prints what this binary is. The running process may be another one:
// status shows it.
func version(c *call) int {
	var given admin.Version
	if err := c.inspect(func(in versionIn) { given = in.Version }); err != nil {
		return c.failed(err)
	}
	b := build.Read(string(given))
	v := versionInfo{App: c.name, Version: b.Version, Revision: b.Revision, Time: b.Time, Modified: b.Modified, Go: b.Go}
	if modules, _ := c.flags.GetBool("modules"); modules {
		v.Modules = b.Modules
	}
	if c.json {
		c.writeJSON(v)
		return exitDone
	}
	fmt.Fprintf(c.stdout, "%s %s\n", v.App, buildText(admin.Build{Version: v.Version, Revision: v.Revision, Modified: v.Modified, Go: v.Go}))
	var rows [][]string
	for _, m := range v.Modules {
		row := []string{"  " + m.Path, m.Version}
		if m.Replace != "" {
			row = append(row, "=> "+m.Replace)
		}
		rows = append(rows, row)
	}
	c.table(rows)
	return exitDone
}
