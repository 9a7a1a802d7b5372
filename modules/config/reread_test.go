package config

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/gracefulfx/graceful/modules/config/internal/watch"
)

// The watcher reads a file to see whether it differs; the reload uses what was
// read.
func TestChangedFileIsReadOnce(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	save := func(text string, age time.Duration) {
		write(t, r.path, text)
		at := time.Now().Add(-age)
		if err := os.Chtimes(r.path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	save("http: {port: 2}", time.Hour)
	if !(watched{r.Store}).Differ(t.Context(), watch.Created) {
		t.Fatal("the file differs, and was said not to")
	}
	info, err := os.Stat(r.path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, r.path, "http: {port: 3}") // size and time do not show it
	if err := os.Chtimes(r.path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got := r.Reload(context.Background(), "test"); got.Result != Applied || r.web.Get().Port != 2 {
		t.Errorf("got %s, port %d, want what was read when the change was seen", got.Text(), r.web.Get().Port)
	}
}

func TestFileThatChangedAgainIsReadAgain(t *testing.T) {
	r := newRig(t, "http: {port: 1}")
	write(t, r.path, "http: {port: 2}")
	if !(watched{r.Store}).Differ(t.Context(), watch.Created) {
		t.Fatal("the file differs, and was said not to")
	}
	write(t, r.path, "http: {port: 33}")
	if got := r.Reload(context.Background(), "test"); got.Result != Applied || r.web.Get().Port != 33 {
		t.Errorf("got %s, port %d, want the last content", got.Text(), r.web.Get().Port)
	}
}
