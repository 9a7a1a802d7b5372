package logging

import (
	"errors"
	"maps"
	"slices"

	"go.uber.org/zap/zapcore"

	"github.com/gracefulfx/graceful/modules/config"
)

// Config is the section "log".
type Config struct {
	Level  string            `config:"level" doc:"debug, info, warn or error"`
	Levels map[string]string `config:"levels" doc:"levels of single loggers by name, and of those below them: {http: debug}"`
	Format string            `config:"format" reload:"restart" doc:"json, console, or auto: console on a terminal, else json"`
}

// Defaults returns the settings that hold without a configuration.
func Defaults() Config { return Config{Level: "info", Format: "auto"} }

// Validate returns an error for unknown levels and formats.
func (c *Config) Validate() error {
	var errs []error
	if _, ok := levels()[c.Level]; !ok {
		errs = append(errs, config.Invalid("level", "unknown level %q: use debug, info, warn or error", c.Level))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Levels)) {
		if _, ok := levels()[c.Levels[name]]; !ok {
			errs = append(errs, config.Invalid("levels."+name, "unknown level %q: use debug, info, warn or error", c.Levels[name]))
		}
	}
	switch c.Format {
	case "json", "console", "auto":
	default:
		errs = append(errs, config.Invalid("format", "unknown format %q: use json, console or auto", c.Format))
	}
	return errors.Join(errs...)
}

func levels() map[string]zapcore.Level {
	return map[string]zapcore.Level{
		"debug": zapcore.DebugLevel,
		"info":  zapcore.InfoLevel,
		"warn":  zapcore.WarnLevel,
		"error": zapcore.ErrorLevel,
	}
}

// level returns the level of a section that was validated; of any other it is info.
func (c *Config) level() zapcore.Level { return levels()[c.Level] }
