package etcd

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
)

// Staged lets a few instances try a new document before the others get it. It is
// off unless Stages are given, here or in NAME_ETCD_STAGES. Use the same ones in
// the whole fleet: a rollout follows those of the instance that has begun it.
type Staged struct {
	// Stages say how much of the fleet has the document, from stage to stage:
	// numbers of instances, then shares, such as "1, 10%, 50%". The last stage is
	// the whole fleet, and need not be named. If empty, NAME_ETCD_STAGES.
	Stages string
	// Instance is the name of this instance. It must be unique, and the same after
	// a restart. If empty, NAME_ETCD_INSTANCE, else the name of the host, which in
	// Kubernetes is that of the pod.
	Instance string
	// Soak is for how long a stage must be ready before the next one opens. If 0,
	// NAME_ETCD_SOAK, else 30s.
	Soak time.Duration
	// Timeout is how long a member of a stage may take until it is ready with the
	// document; after that the document has failed. If 0, NAME_ETCD_STAGE_TIMEOUT,
	// else 5m.
	Timeout time.Duration
	// Jitter is the longest time that an instance waits, at random, before it takes
	// a document. Going back does not wait. If 0, NAME_ETCD_JITTER, else 5s.
	Jitter time.Duration
	// Lease is how long an instance that is dead or cut off stays in the list. If
	// 0, NAME_ETCD_LEASE, else 15s.
	Lease time.Duration

	stages []rollout.Stage
}

func (s Staged) on() bool { return len(s.stages) > 0 }

func (s Staged) plan() rollout.Plan {
	return rollout.Plan{Stages: s.stages, Soak: s.Soak, Timeout: s.Timeout}
}

// complete fills in the fields that are not set. prefix is such as TODO_ETCD_.
func (s Staged) complete(prefix string, env map[string]string) (Staged, error) {
	s.Stages = cmp.Or(s.Stages, strings.TrimSpace(env[prefix+"STAGES"]))
	if s.Stages == "" {
		return s, nil
	}
	var errs []error
	for _, d := range []struct {
		name     string
		value    *time.Duration
		fallback time.Duration
	}{
		{"SOAK", &s.Soak, 30 * time.Second}, {"STAGE_TIMEOUT", &s.Timeout, 5 * time.Minute},
		{"JITTER", &s.Jitter, 5 * time.Second}, {"LEASE", &s.Lease, 15 * time.Second},
	} {
		if text := env[prefix+d.name]; *d.value == 0 && text != "" {
			var err error
			if *d.value, err = time.ParseDuration(text); err != nil || *d.value < 0 {
				errs = append(errs, fmt.Errorf("etcd: %s is %q: write a duration, such as %v", prefix+d.name, text, d.fallback))
			}
			continue // 0s is 0s
		}
		*d.value = cmp.Or(*d.value, d.fallback)
	}
	var err error
	if s.stages, err = rollout.ParseStages(s.Stages); err != nil {
		errs = append(errs, fmt.Errorf("etcd: the stages %q (%sSTAGES): %w", s.Stages, prefix, err))
	}
	if s.Instance = cmp.Or(s.Instance, env[prefix+"INSTANCE"]); s.Instance == "" {
		s.Instance, err = os.Hostname()
		if err != nil {
			errs = append(errs, fmt.Errorf("etcd: this instance has no name: set %sINSTANCE: %w", prefix, err))
		}
	}
	if strings.ContainsFunc(s.Instance, func(r rune) bool { return r == '/' || unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		errs = append(errs, fmt.Errorf("etcd: the instance %q (%sINSTANCE): write a name without slashes and blanks", s.Instance, prefix))
	}
	if s.Lease < time.Second {
		errs = append(errs, fmt.Errorf("etcd: a lease of %v (%sLEASE): write 1s or more", s.Lease, prefix))
	}
	if s.Timeout <= s.Jitter {
		errs = append(errs, fmt.Errorf("etcd: a stage times out after %v, and an instance waits up to %v: let %sSTAGE_TIMEOUT be longer than %sJITTER", s.Timeout, s.Jitter, prefix, prefix))
	}
	return s, errors.Join(errs...)
}

// variables are the environment variables that this module reads, without their
// prefix.
var variables = []string{"ENDPOINTS", "KEY", "DIR", "STAGES", "INSTANCE", "SOAK", "STAGE_TIMEOUT", "JITTER", "LEASE"}
