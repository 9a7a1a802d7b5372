package admin

import (
	"encoding/json"
	"time"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/config"
)

// Schema is the version of the JSON below. It changes when a field loses its
// meaning or its name, not when one is added. A golden test holds it.
const Schema = 1

// Status says what the process is doing and waiting for.
type Status struct {
	Schema     int                 `json:"schema"`
	App        string              `json:"app"`
	Build      Build               `json:"build"`
	Process    Process             `json:"process"`
	State      string              `json:"state"`
	Reason     *Reason             `json:"reason,omitempty"` // why it stops
	Generation int                 `json:"generation"`
	PID        int                 `json:"pid"`
	Successor  int                 `json:"successor,omitempty"` // pid of the process that took over
	Upgrades   []app.UpgradeRecord `json:"upgrades,omitempty"`  // the upgrade it came from, and the last that it has tried
	Started    time.Time           `json:"started"`
	Uptime     time.Duration       `json:"uptime_ns"`
	Addresses  []app.Address       `json:"addresses"`
	Readiness  Readiness           `json:"readiness"`
	Waiting    []Waiting           `json:"waiting,omitempty"`   // functions for which the start or stop waits
	InFlight   []app.InFlight      `json:"in_flight,omitempty"` // the oldest requests, at most 5
	Stop       *Stop               `json:"stop,omitempty"`
	Settings   Settings            `json:"config"`
	Metrics    []app.Metric        `json:"figures"`
	Answers    []Answer            `json:"answers,omitempty"`   // answers to the last commands, the oldest first
	Operation  *Operation          `json:"operation,omitempty"` // runs now
	Graph      bool                `json:"graph,omitempty"`     // whether there is a /v1/graph
	Access     string              `json:"access"`              // what the caller may do: look, change
}

// Process says which program runs, and where.
type Process struct {
	Executable string `json:"executable,omitempty"`
	Dir        string `json:"dir,omitempty"` // the working directory
	User       string `json:"user"`
}

// Version is the version of the program, for the graph; see graceful.Version.
type Version string

// Build says what was built.
type Build struct {
	Path     string `json:"path,omitempty"`
	Version  string `json:"version,omitempty"`
	Revision string `json:"revision,omitempty"` // of the version control system
	Modified bool   `json:"modified,omitempty"` // whether it had uncommitted changes
	Go       string `json:"go"`
}

// Reason is an app.Reason.
type Reason struct {
	Kind   string    `json:"kind"`
	Signal string    `json:"signal,omitempty"`
	By     string    `json:"by,omitempty"`
	Text   string    `json:"text,omitempty"`
	Error  string    `json:"error,omitempty"`
	Code   int       `json:"code"`
	At     time.Time `json:"at"`
}

// Readiness is the answer of /readyz.
type Readiness struct {
	Ready bool   `json:"ready"`
	Text  string `json:"text"`
}

// Waiting is one function of the plan that runs now.
type Waiting struct {
	Phase  string        `json:"phase"`
	Name   string        `json:"name"`
	Source string        `json:"source,omitempty"`
	For    time.Duration `json:"for_ns"`
}

// Stop describes a stop that has begun.
type Stop struct {
	Began    time.Time `json:"began"`
	Deadline time.Time `json:"deadline"`
	Requests time.Time `json:"requests_deadline,omitzero"` // when requests in flight are cancelled; absent once they are over
}

// Settings describes the configuration in force.
type Settings struct {
	Revision uint64           `json:"revision"`
	Hash     string           `json:"hash"`
	At       time.Time        `json:"at"`
	Files    []string         `json:"files"`
	Drift    bool             `json:"drift"`              // the files on disk differ from what is in force
	Pending  []config.Changed `json:"pending,omitempty"`  // wait for a restart
	Rejected *config.Report   `json:"rejected,omitempty"` // the last one, until one is accepted
}

// Answer is the outcome of a command.
type Answer struct {
	At      time.Time       `json:"at"`
	Command app.Command     `json:"command"`
	By      string          `json:"by,omitempty"`
	Outcome app.Outcome     `json:"outcome"`
	Text    string          `json:"text"`
	Detail  json.RawMessage `json:"detail,omitempty"` // of a reload a config.Report
	Took    time.Duration   `json:"took_ns"`

	Generation int `json:"generation,omitempty"` // of the process that answered
}

// Operation is a change that was requested through this API.
type Operation struct {
	ID      string          `json:"id"`
	Kind    string          `json:"kind"` // drain, stop, or the name of the command: reload, upgrade, log-level, backup
	By      string          `json:"by"`
	Began   time.Time       `json:"began"`
	Took    time.Duration   `json:"took_ns,omitempty"`
	Outcome app.Outcome     `json:"outcome,omitempty"` // empty while it runs
	Text    string          `json:"text,omitempty"`
	Detail  json.RawMessage `json:"detail,omitempty"` // of a reload a config.Report, of a stop a Report

	Args     map[string]string `json:"args,omitempty"`     // of a command of the application
	Progress string            `json:"progress,omitempty"` // its progress, while it runs

	Generation int `json:"generation,omitempty"` // of the process that ran it
}

// Revision is the report of a reload, with the generation that made it.
type Revision struct {
	config.Report
	Generation int `json:"generation"`
}

// Sample has the values that the sparklines show, at one time.
type Sample struct {
	At         int64   `json:"at"`       // Unix time
	Requests   float64 `json:"requests"` // a second, since the sample before
	Active     float64 `json:"active"`   // requests in flight
	Open       float64 `json:"open"`     // connections
	Heap       float64 `json:"heap"`     // bytes
	Generation int     `json:"generation"`
}

// Report explains one life of the process so far.
type Report struct {
	Schema int           `json:"schema"`
	App    string        `json:"app"`
	State  string        `json:"state"`
	Code   int           `json:"code"` // exit code, as far as it is known
	Text   string        `json:"text"` // one line
	Reason *Reason       `json:"reason,omitempty"`
	Also   []*Reason     `json:"also,omitempty"` // later reasons, in order
	Steps  []Step        `json:"steps"`
	Up     time.Duration `json:"up_ns"`
	Down   time.Duration `json:"down_ns"`
}

// Step is an app.Step.
type Step struct {
	Way     string           `json:"way"`
	Phase   string           `json:"phase"`
	Name    string           `json:"name"`
	Source  string           `json:"source,omitempty"`
	Began   time.Time        `json:"began"`
	Took    time.Duration    `json:"took_ns"`
	Outcome app.Outcome      `json:"outcome"`
	Error   string           `json:"error,omitempty"`
	Stack   string           `json:"stack,omitempty"`
	Slow    bool             `json:"slow,omitempty"`
	Counts  map[string]int64 `json:"counts,omitempty"`
}

// Event is one line of the journal. Level and Text are enough for people; one of
// the other fields may say more.
type Event struct {
	ID        uint64            `json:"id"` // grows over generations
	At        time.Time         `json:"at"`
	Kind      string            `json:"kind"`  // state, stop, step, command, successor, task, note, warning, operation, cut
	Level     string            `json:"level"` // debug, info, warn, error
	Text      string            `json:"text"`
	State     string            `json:"state,omitempty"`
	Reason    *Reason           `json:"reason,omitempty"`
	Step      *Step             `json:"step,omitempty"`
	Answer    *Answer           `json:"answer,omitempty"`
	Operation *Operation        `json:"operation,omitempty"`
	Error     string            `json:"error,omitempty"`
	Attrs     map[string]string `json:"attrs,omitempty"`

	Generation int `json:"generation,omitempty"` // of the process that it happened in
}

// Refusal is the body of every response that is neither 2xx nor an Operation.
type Refusal struct {
	Error string `json:"error"`
}
