package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/admin"
	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// checked is the JSON of check.
type checked struct {
	Files    []string         `json:"files"`
	Problems []config.Problem `json:"problems"`
	Strays   []config.Problem `json:"strays"` // variables of the environment that set nothing
	Wiring   string           `json:"wiring,omitempty"`
	Running  []string         `json:"running,omitempty"` // files of the running process, if they differ
}

// check does what a start does before anything is started.
func check(c *call) int {
	if len(c.args) == 1 {
		if c.flags.Changed("config") {
			return c.misused(fmt.Errorf("%q and --config both name the file: leave one of them out", c.args[0]), "check")
		}
		if err := c.flags.Set("config", c.args[0]); err != nil {
			return c.misused(err, "check")
		}
	}
	k, err := c.probe(withFlags(c.flags))
	if err != nil {
		return c.failed(err)
	}
	r := checked{Files: []string{}, Problems: []config.Problem{}, Strays: []config.Problem{}}
	files, problems := k.catalog.Check(c.ctx)
	r.Files, r.Problems, r.Strays = append(r.Files, absolute(files)...), append(r.Problems, problems...), append(r.Strays, k.catalog.UnusedEnv()...)
	problems, r.Wiring = c.clashes()
	r.Problems = append(r.Problems, problems...)
	if len(c.args) == 0 {
		r.Running = c.runningFiles(r.Files)
	}
	if err := fx.ValidateApp(graceful.Module, fx.Options(c.opts...), withFlags(c.flags), fx.NopLogger); err != nil {
		r.Wiring = cause(err).Error()
	}
	bad := len(r.Problems) > 0 || r.Wiring != ""
	code := exitDone
	if bad {
		code = exitRefused
	}
	if c.json {
		c.writeJSON(r)
		return code
	}
	for _, p := range r.Problems {
		fmt.Fprintln(c.stdout, sanitize(p.String()))
	}
	if r.Wiring != "" {
		fmt.Fprintln(c.stdout, "wiring: "+sanitize(r.Wiring))
	}
	for _, s := range r.Strays {
		fmt.Fprintln(c.stdout, "warning: "+sanitize(s.String()))
	}
	if len(r.Running) > 0 {
		fmt.Fprintf(c.stdout, "warning: the running process reads %s: name that file, or check in its working directory\n", sanitize(strings.Join(r.Running, ", ")))
	}
	if bad {
		return code
	}
	from := "defaults and environment; there is no file"
	if len(r.Files) > 0 {
		from = strings.Join(r.Files, ", ")
	}
	fmt.Fprintf(c.stdout, "configuration and wiring are right (%s)\n%snot checked: whether ports are free, and whether databases and other services answer\n", from, c.requestTime())
	return code
}

// clashes returns what is wrong between sections or servers that are each right by
// themselves. For a configuration that does not load there are none.
func (c *call) clashes() (problems []config.Problem, wiring string) {
	_ = c.inspect(func(a *app.App, health *config.Value[httpserver.HealthConfig], http *config.Value[httpserver.Config]) {
		if wrong := health.Get().Clash(http.Get()); wrong != "" {
			problems = append(problems, config.Problem{Key: "health.addr", Reason: wrong})
		}
		if err := a.Wiring().Misused(); err != nil {
			wiring = err.Error()
		}
	}, withFlags(c.flags))
	return problems, wiring
}

// absolute returns the same files by their absolute paths, as status has them.
func absolute(files []string) (all []string) {
	for _, f := range files {
		if abs, err := filepath.Abs(f); err == nil {
			f = abs
		}
		all = append(all, f)
	}
	return all
}

// timeToCompare bounds the request of check to a running process: check must end
// even if that hangs.
const timeToCompare = 2 * time.Second

// runningFiles returns the files of the running process, if there is one and it
// reads others than these.
func (c *call) runningFiles(checked []string) []string {
	ctx, cancel := context.WithTimeout(c.ctx, timeToCompare)
	defer cancel()
	conf, err := c.adminConfig()
	if err != nil {
		return nil
	}
	client, err := admin.Find(ctx, c.name, conf)
	if err != nil {
		return nil
	}
	var st admin.Status
	if client.Get(ctx, "/v1/status", &st) != nil || slices.EqualFunc(st.Settings.Files, checked, sameFile) {
		return nil
	}
	if len(st.Settings.Files) == 0 {
		return []string{"no file"}
	}
	return st.Settings.Files
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return a == b
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// requestTime returns a text that says how long a request may take while the
// service stops. The members of the plan are not known here, so it is the least
// that requests get.
func (c *call) requestTime() (text string) {
	_ = c.inspect(func(a *app.App, stop *config.Value[app.StopConfig]) {
		s := stop.Get()
		text = fmt.Sprintf("on a stop, requests get %.1f s or more of %.4g s (stop.timeout)\n", a.Wiring().LeastRequestTime(*s).Seconds(), s.Timeout.Seconds())
	}, withFlags(c.flags))
	return text
}
