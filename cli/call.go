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
	of      admin.Of // the user or unit of the process
	asked   bool     // a request for an operation is under way, or was
}

// declare defines the flags: those of the command, the shared ones, and one for
// each setting.
func (c *call) declare() {
	if c.command.flags != nil {
		c.command.flags(c.flags)
	}
	if c.command.name != "run" && c.command.name != "completion" {
		c.flags.BoolVar(&c.json, "json", false, "write JSON, for programs")
	}
	if c.command.online {
		c.flags.DurationVar(&c.timeout, "timeout", time.Minute, "how long to wait for the outcome; 0 is for ever")
		if !c.command.settings {
			c.flags.StringVar(&c.of.Unit, "unit", "", "ask the process of this systemd unit; for root")
			c.flags.StringVar(&c.of.User, "user", "", "ask the process of this user (name or number); for root")
		}
	}
	dashed := map[string]string{} // --log-level is --log.level
	c.flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if key := dashed[name]; key != "" {
			name = key
		}
		return pflag.NormalizedName(name)
	})
	c.flags.StringArray("config", nil, "configuration file, instead of $"+c.fileVariable()+"; a later one overrides an earlier one")
	c.flags.Var(&once{}, "config-format", "format of a configuration file whose name does not say it: yaml, toml or json")
	for _, s := range c.known.catalog.Settings() {
		if c.flags.Lookup(s.Key) != nil {
			continue // the flag has another meaning; file and environment can set it
		}
		c.flags.Var(&once{}, s.Key, s.Doc)
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
	if c.of.Unit != "" && c.of.User != "" {
		return nil, c.misused(errors.New("only one of --unit and --user"), c.command.name)
	}
	conf, err := c.adminConfig()
	if err != nil {
		return nil, c.misused(err, c.command.name)
	}
	cl, err := c.find(c.ctx, conf)
	if err != nil {
		return nil, c.failed(err)
	}
	return cl, exitDone
}

func (c *call) find(ctx context.Context, conf admin.Config) (*admin.Client, error) {
	if c.of != (admin.Of{}) {
		return c.of.Find(ctx, c.name)
	}
	return admin.Find(ctx, c.name, conf)
}

// failed prints why there is no outcome, and returns the exit code for it.
func (c *call) failed(err error) int {
	code, text := c.explain(err)
	return c.complain(c.json, code, text)
}

// explain returns the exit code for err, and what to do about it.
func (c *call) explain(err error) (code int, text string) {
	var refused *admin.RefusedError
	text = strings.TrimPrefix(sanitize(err.Error()), c.name+": ")
	switch {
	case errors.Is(context.Cause(c.ctx), errTimeout) && !c.asked:
		return exitTimeout, fmt.Sprintf("%v after %v: nothing was changed; try again with a longer --timeout", errTimeout, c.timeout)
	case errors.Is(context.Cause(c.ctx), errTimeout):
		return exitTimeout, fmt.Sprintf("%v after %v; the operation goes on, see %s status", errTimeout, c.timeout, c.name)
	case errors.Is(err, admin.ErrStranger):
		return exitStranger, text
	case errors.Is(err, admin.ErrNotAnswering):
		return exitSilent, text
	case errors.Is(err, fs.ErrPermission):
		return exitDenied, text + ": ask as the user of the service or root, or join a group in admin.groups"
	case errors.As(err, &refused) && (refused.Status == http.StatusForbidden || refused.Status == http.StatusUnauthorized):
		return exitDenied, "not allowed: " + sanitize(refused.Text)
	case errors.Is(err, admin.ErrNotRunning):
		return exitAbsent, text + "; name the address with --admin.addr if it is another"
	case errors.Is(err, admin.ErrSeveral):
		return exitUsage, text + "; say which with --admin.addr"
	case errors.As(err, &refused):
		return exitRefused, "refused: " + text
	}
	return exitRefused, text
}
