package etcd

import (
	"log/slog"

	"github.com/gracefulfx/graceful/app"
)

func (r *remote) metrics() []app.Metric {
	r.mu.Lock()
	defer r.mu.Unlock()
	up := 0.0
	if r.up {
		up = 1
	}
	all := []app.Metric{
		{Name: "config_remote_up", Help: "1 if the store of the configuration answered the last time.", Value: up},
		{Name: "config_remote_revision", Help: "Revision of the document in the store.", Value: float64(r.revision)},
		{Name: "config_remote_applied_revision", Help: "Revision of the document in force.", Value: float64(r.good.revision)},
		{Name: "config_remote_last_contact_timestamp_seconds", Help: "When the store answered for the last time.", Value: float64(r.contact.UnixMilli()) / 1000},
	}
	if r.options.Staged.on() {
		all = append(all, r.staged.metrics()...)
	}
	return all
}

// warn keeps a warning until there is a log.
func (r *remote) warn(text string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, app.Note{Level: slog.LevelWarn, Text: text, Err: err})
}

// progress has the values of a rollout's metrics.
type progress struct{ stage, halted, instances int }

func (p progress) metrics() []app.Metric {
	return []app.Metric{
		{Name: "config_remote_stage", Help: "Stage of the rollout of a new document, from 1; 0 if there is none.", Value: float64(p.stage)},
		{Name: "config_remote_halted", Help: "1 if the document in the store has failed and the last good one is in force.", Value: float64(p.halted)},
		{Name: "config_remote_instances", Help: "Instances of the fleet that report.", Value: float64(p.instances)},
	}
}
