package etcd_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gracefulfx/graceful/contrib/etcd"
	"github.com/gracefulfx/graceful/modules/config"
)

// The key is another one, or only the beginning of others.
func TestTheFirstStartNeedsTheKey(t *testing.T) {
	s := newStore(t)
	dir := t.TempDir()
	for _, there := range []string{"/todo/configuration.yaml", key + "/team"} {
		if _, err := s.direct.Put(t.Context(), there, "limits: {size: 1}"); err != nil {
			t.Fatal(err)
		}
		err := build(s.line.Addr().String(), dir, etcd.Options{StartTimeout: time.Minute})
		if err == nil || !strings.Contains(err.Error(), "has no key "+key+", but "+there) {
			t.Errorf("got %v, want the key that is missing and the one that is there", err)
		}
		if _, err := s.direct.Delete(t.Context(), there); err != nil {
			t.Fatal(err)
		}
	}
	x := newInstance(t, s.line.Addr().String(), dir, etcd.Options{Optional: true})
	x.Start()
	x.wantSize(t, 0)
	x.wantNote(t, "etcd had no usable document at the start: there is no document")
	s.put("limits: {size: 2}")
	x.await(t, config.Applied)
	x.Stop()
}

func TestALoginThatIsRefusedBacksOff(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 1}")
	s.secure("secret")
	dir := t.TempDir()
	x := newInstance(t, s.line.Addr().String(), dir, etcd.Options{Client: clientv3.Config{Username: "root", Password: "secret"}})
	x.Start()
	x.wantSize(t, 1)
	x.awaitMetric(t, "config_remote_up", 1)
	x.Stop()

	y := newInstance(t, s.line.Addr().String(), dir, etcd.Options{Client: clientv3.Config{Username: "root", Password: "guessed"}})
	began, before := time.Now(), s.line.accepted()
	y.Start()
	y.wantSize(t, 1) // the last good document
	y.wantNote(t, "etcd does not answer")
	if got := y.metric("config_remote_up"); got != 0 {
		t.Errorf("got config_remote_up %v, want 0: no login succeeds", got)
	}
	for time.Since(began) < 2*time.Second {
		<-time.After(100 * time.Millisecond) // to see how many logins there are meanwhile
	}
	if got, most := s.line.accepted()-before, 2+int(time.Since(began)/(firstPause/2)); got > most {
		t.Errorf("got %d connections in %v, want %d at most", got, time.Since(began), most)
	}
	y.Stop()
}

// firstPause is between the first failure and the next attempt.
const firstPause = 500 * time.Millisecond

func TestSystemdMayNameSeveralStateDirectories(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 1}")
	first := filepath.Join(t.TempDir(), "a")
	t.Setenv("STATE_DIRECTORY", first+":"+t.TempDir())
	x := newInstance(t, s.line.Addr().String(), "", etcd.Options{})
	x.Start()
	x.awaitMetric(t, "config_remote_applied_revision", x.metric("config_remote_revision"))
	x.Stop()
	if kept, err := filepath.Glob(filepath.Join(first, "etcd-last-good-*.json")); len(kept) != 1 || err != nil {
		t.Errorf("got %v, %v, want the document in the first directory", kept, err)
	}
}

func TestWithoutAHomeTheDocumentIsNotKept(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 1}")
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "STATE_DIRECTORY"} {
		t.Setenv(name, "")
	}
	x := newInstance(t, s.line.Addr().String(), "", etcd.Options{})
	x.Start()
	x.wantSize(t, 1)
	x.wantNote(t, "the last good document is not kept")
	x.Stop()
}
