package config

import (
	"fmt"
)

// A Policy says what a reload does with changed settings that need a restart.
type Policy int

const (
	// ReportPending keeps those settings as they are and reports them; the others
	// are applied.
	ReportPending Policy = iota
	// Reject treats such a configuration as invalid: nothing changes.
	Reject
	// Restart does the same as ReportPending, and then requests an upgrade: the
	// successor starts with all settings, and if the successor refuses them, this
	// process stays.
	Restart
)

// UnmarshalText reads "report", "reject" or "restart".
func (p *Policy) UnmarshalText(text []byte) error {
	for _, known := range []Policy{ReportPending, Reject, Restart} {
		if known.String() == string(text) {
			*p = known
			return nil
		}
	}
	return fmt.Errorf("%q is not one of report, reject, restart", text)
}

// String returns "report", "reject" or "restart".
func (p Policy) String() string {
	switch p {
	case Reject:
		return "reject"
	case Restart:
		return "restart"
	}
	return "report"
}
