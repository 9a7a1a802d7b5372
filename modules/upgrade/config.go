package upgrade

import (
	"errors"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
)

// Config is the section "upgrade".
type Config struct {
	PIDFile      string        `config:"pid_file" reload:"restart" doc:"file that holds the process id of the generation in charge; none if empty"`
	ReadyTimeout time.Duration `config:"ready_timeout" doc:"time for a new process to become ready; after that it is ended and the old one stays"`
	Probation    time.Duration `config:"probation" doc:"time during which a new process must stay alive and ready beside the old one before it takes over"`
	PreCheck     bool          `config:"pre_check" doc:"first start the new program only to construct itself and check its configuration"`
	KillAfter    time.Duration `config:"kill_after" doc:"time for a new process that was rejected to end in order, before it is killed"`
}

// DefaultConfig returns the settings that hold without a configuration.
func DefaultConfig() Config {
	return Config{ReadyTimeout: time.Minute, KillAfter: 10 * time.Second}
}

// Validate returns all errors, not only the first.
func (c *Config) Validate() error {
	var errs []error
	if c.ReadyTimeout <= 0 {
		errs = append(errs, config.Invalid("ready_timeout", "%v is not positive; write for example 1m", c.ReadyTimeout))
	}
	if c.Probation < 0 {
		errs = append(errs, config.Invalid("probation", "%v is negative; use 0 or more", c.Probation))
	}
	if c.KillAfter <= 0 {
		errs = append(errs, config.Invalid("kill_after", "%v is not positive; write for example 10s", c.KillAfter))
	}
	return errors.Join(errs...)
}
