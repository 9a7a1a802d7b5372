package prometheus

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// patience bounds how long the checks of readiness may keep a scrape waiting.
const patience = 2 * time.Second

// life returns what the application itself can tell.
func life(a *app.App) []app.Figure {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ready, _ := a.Readiness(ctx)
	all := []app.Figure{
		build(),
		{Name: "generation", Help: "Processes that handed their sockets on to one another, this one included.", Value: float64(a.Generation())},
		{Name: "ready", Help: "1 if the process should get requests.", Value: oneIf(ready)},
	}
	now := a.State()
	for s := app.StateNew; s <= app.StateFailed; s++ {
		all = append(all, app.Figure{Name: "state", Help: "1 for the state of the process.", Labels: []string{"state", s.String()}, Value: oneIf(s == now)})
	}
	if end := a.StopDeadline(); !end.IsZero() {
		all = append(all, app.Figure{Name: "stop_deadline_timestamp_seconds", Help: "When the stop that is under way must be over.", Value: seconds(end)})
	}
	return append(all, steps(a.Report())...)
}

// steps returns what start and stop took, and what the stop counted. Names of
// hooks need not be unique; those which are alike are added up.
func steps(r app.Report) (all []app.Figure) {
	type key struct{ way, phase, name, result string }
	took := map[key]float64{}
	for _, s := range r.Steps {
		took[key{s.Way, s.Phase.String(), s.Name, ""}] += s.Took.Seconds()
		for result, n := range s.Counts {
			if s.Way == "down" {
				took[key{"results", "", s.Name, result}] += float64(n)
			}
		}
	}
	for k, v := range took {
		switch k.way {
		case "up":
			all = append(all, app.Figure{Name: "start_duration_seconds", Help: "Functions of the start.", Labels: []string{"phase", k.phase, "step", k.name}, Value: v})
		case "down":
			all = append(all, app.Figure{Name: "stop_duration_seconds", Help: "Functions of the stop.", Labels: []string{"phase", k.phase, "step", k.name}, Value: v})
		default:
			all = append(all, app.Figure{Name: "stop_results", Help: "What functions of the stop counted.", Labels: []string{"step", k.name, "result", k.result}, Value: v})
		}
	}
	return all
}

// build says which program this is, as far as it was built to know.
func build() app.Figure {
	version, revision, goversion := "", "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version, goversion = info.Main.Version, info.GoVersion
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value
			}
		}
	}
	return app.Figure{Name: "build_info", Help: "The program.", Value: 1,
		Labels: []string{"version", version, "revision", revision, "goversion", goversion}}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
