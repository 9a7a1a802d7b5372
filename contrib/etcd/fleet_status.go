package etcd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/etcd/internal/rollout"
)

// fleetStatus is the command "todo fleet status".
var fleetStatus = described{Name: "fleet status", Text: "instances, and how far a new document has come"}

type described app.CommandInfo

func (d described) provide() fx.Option { return app.Describe(app.CommandInfo(d)) }

// FleetStatus is the detail of the answer to "fleet status".
type FleetStatus struct {
	Text      string        `json:"text"` // a table, for people
	Document  int64         `json:"document"`
	Phase     string        `json:"phase"`              // steady, rolling or halted; empty: not known yet
	Good      int64         `json:"good"`               // revision of the last good document
	Revision  int64         `json:"revision,omitempty"` // of the new one, unless steady
	Stage     int           `json:"stage,omitempty"`    // the open one, from 1
	Stages    []string      `json:"stages,omitempty"`
	Why       string        `json:"why,omitempty"` // halted
	Instances []FleetMember `json:"instances"`
}

// FleetMember is an instance in a FleetStatus.
type FleetMember struct {
	Name       string `json:"name"`
	Host       string `json:"host,omitempty"`
	PID        int    `json:"pid,omitempty"`
	Generation int    `json:"generation,omitempty"`
	Member     bool   `json:"member"`   // of the open stage
	Revision   int64  `json:"revision"` // of the document in force
	Hash       string `json:"hash,omitempty"`
	Pending    int    `json:"pending,omitempty"` // settings that wait for a restart
	State      string `json:"state"`             // ready, not ready, failed or vanished
	Text       string `json:"text,omitempty"`    // why
}

// status answers with the present content of etcd.
func (f *follower) status(ctx context.Context, _ app.Request) (app.Answer, error) {
	if len(f.options.Client.Endpoints) == 0 {
		return app.Answer{}, errors.New("there is no etcd here: set " + f.options.prefix + "ENDPOINTS")
	}
	if !f.options.Staged.on() {
		return app.Answer{}, errors.New("documents do not come in stages here: set " + f.options.prefix + `STAGES, as to "1, 10%, 50%"`)
	}
	p, err := answered(ctx, func(ctx context.Context) (*picture, error) {
		c, err := f.dial(ctx)
		if err != nil {
			return nil, err
		}
		defer hangUp(c)
		return f.look(ctx, c)
	})
	if err != nil {
		return app.Answer{}, f.useless(err)
	}
	s := p.status()
	return app.Answer{Text: s.line(), Detail: s}, nil
}

func (p *picture) status() FleetStatus {
	s := FleetStatus{Document: p.document.revision, Phase: string(p.state.Phase), Good: p.state.Good, Revision: p.state.Revision, Why: p.state.Why,
		Instances: []FleetMember{}}
	if p.broken != nil {
		s.Phase, s.Why = "unknown", p.broken.Error()
	}
	if p.state.Phase != rollout.Steady && p.state.Phase != "" {
		s.Stage = p.state.Stage + 1
	}
	for _, stage := range p.state.Plan.Stages {
		s.Stages = append(s.Stages, stage.String())
	}
	for _, name := range p.names() {
		s.Instances = append(s.Instances, p.member(name))
	}
	s.Text = s.table()
	return s
}

func (p *picture) member(name string) FleetMember {
	r, reports := p.reports[name]
	m := FleetMember{Name: name, Host: r.Host, PID: r.PID, Generation: r.Generation, Revision: r.Revision, Hash: r.Hash, Pending: r.Pending,
		Member: p.state.Member(name)}
	switch {
	case !reports:
		m.State, m.Text = "vanished", "it has left without a word"
	case r.Failed.Revision != 0 && r.Failed.Revision == p.state.Revision:
		m.State, m.Text = "failed", fmt.Sprintf("%d: %s", r.Failed.Revision, r.Failed.Why)
	case !r.Ready:
		m.State, m.Text = "not ready", strings.ReplaceAll(r.Text, "\n", "; ")
	default:
		m.State = "ready"
	}
	return m
}

// line returns a summary on one line.
func (s FleetStatus) line() string {
	switch n := len(s.Instances); rollout.Phase(s.Phase) {
	case rollout.Steady:
		return fmt.Sprintf("document %d is good; %d instances", s.Good, n)
	case rollout.Rolling:
		return fmt.Sprintf("document %d is tried: stage %d of %d (%s); %d of %d instances have it; %d is good", s.Revision, s.Stage, len(s.Stages), s.Stages[s.Stage-1], s.have(), n, s.Good)
	case rollout.Halted:
		return fmt.Sprintf("document %d has failed: %s; %d is good; %d instances", s.Revision, s.Why, s.Good, n)
	case "":
		return fmt.Sprintf("no document is known to be good yet; %d instances", n)
	}
	return s.Why
}

func (s FleetStatus) have() (n int) {
	for _, m := range s.Instances {
		if m.Revision == s.Revision {
			n++
		}
	}
	return n
}

func (s FleetStatus) table() string {
	var b strings.Builder
	fmt.Fprintln(&b, s.line())
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "INSTANCE\tHOST\tPID\tGENERATION\tDOCUMENT\tSTATE")
	for _, m := range s.Instances {
		mark := ""
		if m.Member {
			mark = "*"
		}
		state := m.State
		if m.Text != "" {
			state += ": " + m.Text
		}
		if m.Pending > 0 {
			state += fmt.Sprintf(", %d wait for a restart", m.Pending)
		}
		fmt.Fprintf(w, "%s%s\t%s\t%d\t%d\t%d\t%s\n", m.Name, mark, m.Host, m.PID, m.Generation, m.Revision, state)
	}
	_ = w.Flush() // of a builder
	return b.String()
}
