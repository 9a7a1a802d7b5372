// Shop takes jobs from a folder, one by one.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for {
		job, err := pull(ctx)
		if err != nil {
			return
		}
		if err := handle(ctx, job); err != nil { // of a job that was cut short, too
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

// handle does a job, which takes as long as its file says.
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
		return ctx.Err()
	case <-time.After(d):
		return os.Rename("work/"+job, "done/"+job)
	}
}
