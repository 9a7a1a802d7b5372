package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/disk"
	"github.com/gracefulfx/graceful/modules/config/internal/watch"
)

// watch runs a watcher on the rig until the test ends.
func (r *rig) watch(t *testing.T, w *Watcher) {
	t.Helper()
	w.Store = r.Store
	r.catalog.limits = disk.AtReload
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// await waits until this port is in force.
func (r *rig) await(t *testing.T, port uint16) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := r.Await(ctx, func(Report) bool { return r.web.Get().Port == port }); err != nil {
		t.Fatalf("port is %d, want %d; the last report: %s", r.web.Get().Port, port, r.Last().Text())
	}
}

func TestWatcherPollsWhenEventsCannotBeHadAndRecovers(t *testing.T) {
	t.Parallel()
	r := newRig(t, "http: {port: 1}")
	exhausted := errors.New("too many open files")
	allowed := make(chan struct{})
	told := make(chan string, 10)
	r.watch(t, &Watcher{
		loop: watch.Loop{Refuse: func() error {
			select {
			case <-allowed:
				return nil
			default:
				return exhausted
			}
		}},
		Warn: func(text string, err error) {
			if err != nil && !errors.Is(err, exhausted) {
				t.Errorf("got %v, want %v", err, exhausted)
			}
			told <- text
		},
	})
	if got, want := <-told, "files cannot be watched and are polled instead"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	write(t, r.path, "http: {port: 2}")
	r.await(t, 2)
	close(allowed)
	if got, want := <-told, "files are watched again"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	write(t, r.path, "http: {port: 3}")
	r.await(t, 3)
}

func TestWatcherSurvivesAnOverflowOfTheQueue(t *testing.T) {
	t.Parallel()
	r := newRig(t, "http: {port: 1}")
	w := &Watcher{Store: r.Store}
	loop := w.begin()
	loop.SyncWatches()
	if loop.Notify == nil {
		t.Skip("no events here")
	}
	for _, dir := range loop.Notify.WatchList() { // events are lost: nothing is watched
		_ = loop.Notify.Remove(dir)
	}
	errs := loop.Notify.Errors
	r.watch(t, w)
	write(t, r.path, "http: {port: 2}")
	errs <- errors.New("queue overflow")
	r.await(t, 2)
	write(t, r.path, "http: {port: 3}")
	r.await(t, 3)
}

func TestWatcherNoticesFilesThatAppear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "not", "yet", "c.yaml")
	r := newRig(t, "", func(s *Source) { s.Files, s.Optional = []string{path}, true })
	r.watch(t, &Watcher{})
	write(t, path, "http: {port: 2}")
	r.await(t, 2)
	write(t, filepath.Join(dir, "not", "yet", "c.d", "1.yaml"), "http: {port: 3}")
	r.await(t, 3)
	write(t, filepath.Join(dir, "not", "yet", "c.d", "1.yaml"), "http: {port: 4}")
	r.await(t, 4)
	if err := os.RemoveAll(filepath.Join(dir, "not", "yet", "c.d")); err != nil {
		t.Fatal(err)
	}
	r.await(t, 2)
}

func TestWatcherNoticesFilesThatAreReferredTo(t *testing.T) {
	t.Parallel()
	r := newRig(t, "http: {port: 1}")
	r.watch(t, &Watcher{})
	cert := write(t, filepath.Join(t.TempDir(), "cert.pem"), "one")
	write(t, r.path, "http: {port: 2, tls: {cert_file: "+cert+"}}")
	r.await(t, 2)
	revision := r.Snapshot().Revision()
	write(t, cert, "two")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := r.Await(ctx, func(r Report) bool { return r.Revision > revision }); err != nil || string(r.web.Get().TLS.Cert.Bytes()) != "two" {
		t.Errorf("got %q, %v", r.web.Get().TLS.Cert.Bytes(), err)
	}
}

func TestLostFileIsReportedOnceAndTakenBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, "http: {port: 1}")
	r.watch(t, &Watcher{})
	if err := os.Remove(r.path); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if got, err := r.Await(ctx, func(r Report) bool { return r.Result == Rejected }); err != nil || len(got.Problems) != 1 {
		t.Fatalf("got %s, %v", got.Text(), err)
	}
	write(t, r.path, "http: {port: 2}")
	r.await(t, 2)
	if got := r.counts.reloads[[2]string{"file change", "rejected"}]; got != 1 {
		t.Errorf("got %d rejected reloads, want 1", got)
	}
}

// None of this changes the content, so none of it may cause a reload.
func TestNoiseIsNoReload(t *testing.T) {
	t.Parallel()
	r := newRig(t, "http: {port: 1}")
	r.watch(t, &Watcher{})
	for i := range 50 {
		write(t, filepath.Join(filepath.Dir(r.path), "app.log"), string(rune('a'+i%26)))
	}
	now := time.Now()
	for range 5 {
		if err := os.Chtimes(r.path, now, now); err != nil {
			t.Fatal(err)
		}
	}
	write(t, r.path, "http: {port: 1}") // the same again
	write(t, filepath.Join(filepath.Dir(r.path), "c.d", "1.yaml"), "http: {port: 2}")
	r.await(t, 2) // the first real change is the first reload
	if got := len(r.counts.reloads); got != 2 {
		t.Errorf("got reloads %v, want start and one file change", r.counts.reloads)
	}
}

func TestWatcherEndsWithItsContext(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := (&Watcher{Store: r.Store}).Run(ctx); err != nil { // goleak sees what is left
		t.Error(err)
	}
}

func TestWorkingDirectoryDeletedAndMadeAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	write(t, filepath.Join(dir, "app.yaml"), "http: {port: 1}")
	t.Chdir(dir)
	r := newRig(t, "", func(s *Source) { s.Files = nil })
	r.watch(t, &Watcher{})
	if err := os.RemoveAll(dir); err != nil {
		t.Skip("the working directory cannot be deleted here: " + err.Error())
	}
	write(t, filepath.Join(dir, "app.yaml"), "http: {port: 2}")
	r.await(t, 2)
	t.Chdir(filepath.Dir(dir)) // a daemon may do so
	write(t, filepath.Join(dir, "app.yaml"), "http: {port: 3}")
	r.await(t, 3)
}
