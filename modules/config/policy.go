package config

import (
	"fmt"
)

// Policy says what a reload does when settings differ that change only on
// restart.
type Policy int

const (
	// ReportPending applies the rest, keeps those as they are and reports them.
	ReportPending Policy = iota
	// Reject takes such a configuration for an invalid one: nothing changes.
	Reject
	// Restart does as ReportPending, and then requests an upgrade: the successor
	// starts with all of it, and this process stays if the successor refuses it.
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
	return fmt.Errorf("%q is none of report, reject, restart", text)
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
