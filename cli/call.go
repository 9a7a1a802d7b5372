package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gracefulfx/graceful/modules/admin"
	"github.com/gracefulfx/graceful/modules/config"
)

var errTimeout = errors.New("not done in time")

// call is one command with its flags.
type call struct {
	*program
	command command
	ctx     context.Context
	known   known
	flags   *pflag.FlagSet
	args    []string

	json    bool
	timeout time.Duration
}

// declare makes the flags: those of the command, the shared ones, and one for each
// setting.
func (c *call) declare() {
	if c.command.flags != nil {
		c.command.flags(c.flags)
	}
	if c.command.name != "run" {
		c.flags.BoolVar(&c.json, "json", false, "write JSON, for programs")
	}
	if c.command.online {
		c.flags.DurationVar(&c.timeout, "timeout", time.Minute, "how long to wait for the outcome; 0 is for ever")
	}
	dashed := map[string]string{} // --log-level is --log.level
	c.flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if key := dashed[name]; key != "" {
			name = key
		}
		return pflag.NormalizedName(name)
	})
	c.flags.String("config", "", "configuration file, instead of $"+c.fileVariable())
	for _, s := range c.known.catalog.Settings() {
		c.flags.String(s.Key, "", s.Doc)
		if short := strings.NewReplacer(".", "-", "_", "-").Replace(s.Key); c.flags.Lookup(short) == nil {
			dashed[short] = s.Key
		}
		f := c.flags.Lookup(s.Key)
		f.DefValue = s.Value
		if text, err := strconv.Unquote(s.Value); err == nil {
			f.DefValue = text
		}
		f.Hidden = !c.command.settings && !(c.command.online && s.Key == "admin.addr")
		if s.Value == "true" || s.Value == "false" {
			f.NoOptDefVal = "true"
		}
	}
}

func (c *call) fileVariable() string {
	return config.EnvPrefix(c.name) + "CONFIG_FILE"
}

// override is the value of a setting by flag or environment.
func (c *call) override(key string) string {
	if f := c.flags.Lookup(key); f != nil && f.Changed {
		return f.Value.String()
	}
	for _, s := range c.known.catalog.Settings() {
		if s.Key == key {
			return os.Getenv(s.Env)
		}
	}
	return ""
}

// client finds the running process.
func (c *call) client() (*admin.Client, int) {
	conf, err := c.adminConfig()
	if err != nil {
		return nil, c.misused(err, c.command.name)
	}
	cl, err := admin.Find(c.ctx, c.name, conf)
	if err != nil {
		return nil, c.failed(err)
	}
	return cl, exitDone
}

// failed says why there is no outcome, and returns the exit code for it.
func (c *call) failed(err error) int {
	var refused *admin.RefusedError
	switch {
	case errors.Is(context.Cause(c.ctx), errTimeout):
		fmt.Fprintf(c.stderr, "%s: %v after %v; what was begun goes on, see %s status\n", c.name, errTimeout, c.timeout, c.name)
		return exitTimeout
	case errors.Is(err, admin.ErrStranger):
		fmt.Fprintf(c.stderr, "%s: %s\n", c.name, sanitize(err.Error()))
		return exitStranger
	case errors.Is(err, admin.ErrNotAnswering):
		fmt.Fprintf(c.stderr, "%s: %s\n", c.name, sanitize(err.Error()))
		return exitSilent
	case errors.Is(err, fs.ErrPermission):
		fmt.Fprintf(c.stderr, "%s: %v: ask as the user of the service or root, or join a group in admin.groups\n", c.name, err)
		return exitDenied
	case errors.As(err, &refused) && (refused.Status == http.StatusForbidden || refused.Status == http.StatusUnauthorized):
		fmt.Fprintf(c.stderr, "%s: not allowed: %s\n", c.name, sanitize(refused.Text))
		return exitDenied
	case errors.Is(err, admin.ErrNotRunning):
		fmt.Fprintf(c.stderr, "%v; name the address with --admin.addr if it is another\n", err)
		return exitAbsent
	case errors.Is(err, admin.ErrSeveral):
		fmt.Fprintf(c.stderr, "%v; say which with --admin.addr\n", err)
		return exitUsage
	case errors.As(err, &refused):
		fmt.Fprintf(c.stderr, "%s: refused: %s\n", c.name, sanitize(err.Error()))
		return exitRefused
	}
	fmt.Fprintf(c.stderr, "%s: %v\n", c.name, err)
	return exitRefused
}
