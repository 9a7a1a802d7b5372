package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// setLevel is the command of the module logging, which this one does not import.
const setLevel app.Command = "log-level"

// command runs an app.Command as an operation. Its context is not that of the
// request: only a stop ends it early, in Do.
func (s *Server) command(c app.Command, args map[string]string) work {
	return func(by string) (app.Answer, error) {
		return s.app.Do(context.Background(), app.Request{Command: c, By: by, Args: args})
	}
}

func (s *Server) reload(w http.ResponseWriter, r *http.Request) {
	var body struct {
		DryRun  bool   `json:"dry_run"`
		IfMatch string `json:"if_match"`
	}
	if status, err := readBody(w, r, &body); err != nil {
		refuse(w, status, err)
		return
	}
	if body.DryRun {
		s.diff(w, r)
		return
	}
	args := map[string]string{}
	if tag := strings.Trim(r.Header.Get("If-Match"), `"`); body.IfMatch == "" && tag != "*" { // any kind of detail
		body.IfMatch = tag
	}
	if body.IfMatch != "" {
		args["if_match"] = body.IfMatch
	}
	s.ops.serve(w, r, string(app.Reload), false, s.command(app.Reload, args))
}

func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) {
	if status, err := readBody(w, r, &struct{}{}); err != nil {
		refuse(w, status, err)
		return
	}
	s.ops.serve(w, r, string(app.Upgrade), false, s.command(app.Upgrade, nil))
}

func (s *Server) logLevel(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Level string `json:"level"`
	}
	if status, err := readBody(w, r, &body); err != nil {
		refuse(w, status, err)
		return
	}
	s.ops.serve(w, r, string(setLevel), false, s.command(setLevel, map[string]string{"level": body.Level}))
}

func (s *Server) stop(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Now bool `json:"now"`
	}
	if status, err := readBody(w, r, &body); err != nil {
		refuse(w, status, err)
		return
	}
	s.ops.serve(w, r, "stop", true, func(by string) (app.Answer, error) {
		first := s.app.Stop(app.Reason{Kind: app.Requested, By: by})
		if body.Now {
			s.app.Hurry(app.Reason{Kind: app.Requested, By: by, Text: "now"})
		}
		<-s.leaving
		return s.stopped(first)
	})
}

// drain stops, but its answer does not wait for tasks and resources.
func (s *Server) drain(w http.ResponseWriter, r *http.Request) {
	if status, err := readBody(w, r, &struct{}{}); err != nil {
		refuse(w, status, err)
		return
	}
	s.ops.serve(w, r, "drain", true, func(by string) (app.Answer, error) {
		first := s.app.Stop(app.Reason{Kind: app.Requested, By: by, Text: "drain"})
		select {
		case <-s.drained:
		case <-s.leaving:
		}
		return s.stopped(first)
	})
}

// stopped returns the answer when a stop has gone as far as the request waits.
func (s *Server) stopped(first bool) (app.Answer, error) {
	report := reportOf(s.app.Report(), time.Now())
	ans := app.Answer{Outcome: app.OutcomeDone, Detail: report}
	var parts []string
	for _, step := range report.Steps {
		if step.Way == "down" && step.Outcome != app.OutcomeDone {
			parts = append(parts, fmt.Sprintf("%s %s in %s: %s", step.Name, step.Outcome, step.Phase, step.Error))
		}
	}
	if len(parts) > 0 {
		ans.Outcome, ans.Text = app.OutcomeFailed, strings.Join(parts, "; ")
		return ans, errors.New(ans.Text)
	}
	ans.Text = summary(report)
	if !first {
		ans.Outcome, ans.Text = app.OutcomeUnchanged, "it was stopping already: "+ans.Text
	}
	return ans, nil
}

func summary(r Report) string {
	sum := map[string]int64{}
	for _, step := range r.Steps {
		for k, n := range step.Counts {
			sum[k] += n
		}
	}
	text := fmt.Sprintf("after %v", r.Down.Round(time.Millisecond))
	for _, k := range []string{"drained", "cut"} {
		if n, ok := sum[k]; ok {
			text += fmt.Sprintf(", %d %s", n, k)
		}
	}
	return text
}
