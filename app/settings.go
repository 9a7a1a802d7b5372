package app

import (
	"fmt"
	"sync"
	"time"
)

// StartConfig is the section "start".
type StartConfig struct {
	// Timeout is for the whole way up. When it is over, what has started is stopped
	// again, with the stop budget. It must be positive.
	Timeout time.Duration `config:"timeout" doc:"time for the whole start, 1m by default; over it, everything that has started is stopped again"`
}

// StopConfig is the section "stop": one budget for the whole way down.
type StopConfig struct {
	// Timeout is the budget of all phases together. The default, 25s, is less than
	// the 30s that Kubernetes grants. It must be positive.
	Timeout time.Duration `config:"timeout" doc:"one budget for the whole stop, of which requests get about nine tenths; keep it under what the platform grants before SIGKILL"`
	// LameDuck is how long to keep serving after readiness has begun to fail, so
	// that load balancers notice. 0, the default, is right without a load balancer.
	LameDuck time.Duration `config:"lame_duck" doc:"keep serving this long after readiness turned red; 0 without a load balancer"`
	// Reserve keeps time for late phases, which earlier ones cannot use up.
	Reserve Reserve `config:"reserve" doc:"time kept for late phases; 0 is a share of the timeout"`
	// Platform is what the platform grants between SIGTERM and SIGKILL, for
	// a warning at start when Timeout exceeds it. 0: not known. In a pod,
	// set it beside terminationGracePeriodSeconds.
	Platform time.Duration `config:"platform" doc:"what the platform grants before SIGKILL (terminationGracePeriodSeconds, TimeoutStopSec); only for a warning at start, 0 if not known"`
}

// Reserve is the time that each late phase can count on. A phase without members
// needs none; what a phase does not use passes to the next. Drain's is reserved
// against LameDuck only.
type Reserve struct {
	Drain     time.Duration `config:"drain" doc:"0 is 24% of stop.timeout; lame_duck is cut to keep it"`
	Tasks     time.Duration `config:"tasks" doc:"0 is 6% of stop.timeout, at most 1s"`
	Resources time.Duration `config:"resources" doc:"0 is 8% of stop.timeout, at most 1.5s"`
	Final     time.Duration `config:"final" doc:"0 is 2% of stop.timeout, at most 500ms"`
}

func (r Reserve) sum() time.Duration { return r.Drain + r.Tasks + r.Resources + r.Final }

// DefaultStart returns the settings of a start that hold without a configuration.
func DefaultStart() StartConfig { return StartConfig{Timeout: time.Minute} }

// DefaultStop returns the settings of a stop that hold without a configuration.
func DefaultStop() StopConfig { return StopConfig{Timeout: 25 * time.Second} }

// Validate returns an error for a start that could not begin.
func (c StartConfig) Validate() error {
	if c.Timeout <= 0 {
		return fmt.Errorf("start.timeout is %v: it must be positive, such as 1m", c.Timeout)
	}
	return nil
}

// Validate returns an error for a budget that cannot be kept.
func (c StopConfig) Validate() error {
	if c.Timeout <= 0 {
		return fmt.Errorf("stop.timeout is %v: it must be positive, such as 25s", c.Timeout)
	}
	for name, d := range map[string]time.Duration{
		"stop.lame_duck": c.LameDuck, "stop.platform": c.Platform,
		"stop.reserve.drain": c.Reserve.Drain, "stop.reserve.tasks": c.Reserve.Tasks,
		"stop.reserve.resources": c.Reserve.Resources, "stop.reserve.final": c.Reserve.Final,
	} {
		if d < 0 {
			return fmt.Errorf("%s is %v: it cannot be negative", name, d)
		}
	}
	if sum := c.Reserve.sum(); sum > c.Timeout {
		return fmt.Errorf("stop.reserve adds up to %v, more than stop.timeout, %v: lower the reserves or raise the timeout", sum, c.Timeout)
	}
	return nil
}

// validOr returns got if it is valid, else def and why.
func validOr[T interface{ Validate() error }](got, def T) (T, error) {
	if err := got.Validate(); err != nil {
		return def, fmt.Errorf("%w; the default is used", err)
	}
	return got, nil
}

// settings has the functions from which the sections start and stop come.
type settings struct {
	mu    sync.Mutex // guards the functions; it is free while they run
	start func() StartConfig
	stop  func() StopConfig
}

// startConfig returns the section start as of now, or the default and why.
func (s *settings) startConfig() (StartConfig, error) {
	s.mu.Lock()
	start := s.start
	s.mu.Unlock()
	return validOr(start(), DefaultStart())
}

// stopConfig returns the section stop as of now, or the default and why.
func (s *settings) stopConfig() (StopConfig, error) {
	s.mu.Lock()
	stop := s.stop
	s.mu.Unlock()
	return validOr(stop(), DefaultStop())
}
