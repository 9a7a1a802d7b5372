// Shop takes jobs from a folder, one by one.
package main

import (
	"context"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func main() {
	cli.Main("shop",
		httpserver.Tune("off", 0, func(s *http.Server) { s.Addr = httpserver.Off }), // no port
		fx.Invoke(func(a *app.App) { a.Go("consumer", consume, app.StopIn(app.Unbind)) }),
	)
}

// consume pulls until the phase Unbind. The job that it has then is finished: its
// context lives on, until the stop is out of time.
func consume(ctx context.Context) error {
	pulling, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-app.Draining(ctx):
			stop()
		case <-pulling.Done():
		}
	}()
	for {
		job, err := pull(pulling)
		if err != nil {
			return nil // draining
		}
		if err := handle(ctx, job); err != nil {
			log.Println(job, err)
		}
	}
}

// pull waits for a job, and takes it: of two processes only one can rename it.
func pull(ctx context.Context) (job string, err error) {
	for ctx.Err() == nil {
		waiting, _ := filepath.Glob("inbox/*")
		for _, path := range waiting {
			if job = filepath.Base(path); os.Rename(path, "work/"+job) == nil {
				return job, nil
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	return "", ctx.Err()
}

// handle does a job, which takes as long as its file says. What cannot be finished
// goes back.
func handle(ctx context.Context, job string) error {
	text, err := os.ReadFile("work/" + job)
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return os.Rename("work/"+job, "inbox/"+job)
	case <-time.After(d):
		return os.Rename("work/"+job, "done/"+job)
	}
}
