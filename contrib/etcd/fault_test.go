package etcd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gracefulfx/graceful/contrib/etcd"
	"github.com/gracefulfx/graceful/modules/config"
)

func TestAFleetFollows(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 1}")
	a := newInstance(t, s.line.Addr().String(), t.TempDir(), etcd.Options{})
	b := newInstance(t, s.line.Addr().String(), t.TempDir(), etcd.Options{})
	a.Start()
	b.Start()
	a.wantSize(t, 1)
	revision := s.put("limits: {size: 2}")
	for _, x := range []*instance{a, b} {
		x.await(t, config.Applied)
		x.wantSize(t, 2)
		if got := x.metric("config_remote_up"); got != 1 {
			t.Errorf("got config_remote_up %v, want 1", got)
		}
		if got := x.metric("config_remote_revision"); got != float64(revision) {
			t.Errorf("got revision %v, want %d", got, revision)
		}
	}
	if a.store.Snapshot().Hash() != b.store.Snapshot().Hash() {
		t.Error("two instances with the same document have different hashes")
	}
	a.Stop() // before either is looked at: they share a process, and its files
	b.Stop()
}

func TestGarbageANewerSchemaAndADeletedKeyChangeNothing(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 1}")
	dir := t.TempDir()
	x := newInstance(t, s.line.Addr().String(), dir, etcd.Options{})
	x.Start()
	for _, bad := range []string{"limits: [", "\x00\x01", "limits: {size: 2, colour: red}", ""} {
		s.put(bad)
		r := x.await(t, config.Rejected)
		if !strings.Contains(r.Text(), "etcd:"+key) {
			t.Errorf("%q: got %s, want it to name the key", bad, r.Text())
		}
		x.wantSize(t, 1)
		s.put("limits: {size: 1}")
		x.await(t, config.Unchanged)
	}
	if _, err := s.direct.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	x.await(t, config.Rejected)
	x.wantSize(t, 1)

	// The next start finds no document in etcd, but the last good one on disk.
	x.Stop()
	y := newInstance(t, s.line.Addr().String(), dir, etcd.Options{})
	y.Start()
	y.wantSize(t, 1)
	if n := y.wantNote(t, "etcd had no usable document at the start"); !strings.Contains(n.Err.Error(), "no key") {
		t.Errorf("got %v, want that there is no such key", n.Err)
	}
}

func TestAStartWithAWrongDocumentUsesTheLastGoodOne(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 1}")
	dir := t.TempDir()
	x := newInstance(t, s.line.Addr().String(), dir, etcd.Options{})
	x.Start()
	s.put("limits: {size: two}")
	x.await(t, config.Rejected)
	x.Stop()

	y := newInstance(t, s.line.Addr().String(), dir, etcd.Options{})
	y.Start()
	y.wantSize(t, 1)
	y.wantNote(t, "the document in etcd is wrong: the last good one is used")
	y.await(t, config.Rejected) // and says so for as long as it lasts
	s.put("limits: {size: 3}")
	y.await(t, config.Applied)
	y.wantSize(t, 3)
}

func TestAStartWithoutEtcd(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 1}")
	dir := t.TempDir()
	x := newInstance(t, s.line.Addr().String(), dir, etcd.Options{})
	x.Start()
	x.Stop()

	s.line.cut(true) // takes connections and says nothing
	y := newInstance(t, s.line.Addr().String(), dir, etcd.Options{StartTimeout: 100 * time.Millisecond})
	y.Start()
	y.wantSize(t, 1)
	y.wantNote(t, "etcd had no usable document at the start")
	s.put("limits: {size: 2}")
	s.line.cut(false)
	y.await(t, config.Applied)
	y.wantSize(t, 2)
}

// A slow etcd is not away: a start waits for its answer, up to a point, and a
// change comes later, but it comes.
func TestASlowEtcd(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 1}")
	s.line.delay(100 * time.Millisecond)
	dir := t.TempDir()
	x := newInstance(t, s.line.Addr().String(), dir, etcd.Options{StartTimeout: time.Minute})
	x.Start()
	x.wantSize(t, 1)
	s.put("limits: {size: 2}")
	x.await(t, config.Applied)
	x.wantSize(t, 2)
	x.Stop()

	s.put("limits: {size: 3}")
	y := newInstance(t, s.line.Addr().String(), dir, etcd.Options{StartTimeout: time.Millisecond})
	y.Start()
	y.wantNote(t, "etcd had no usable document at the start")
	if size := y.limits.Get().Size; size != 2 && size != 3 { // it may have caught up by now
		t.Errorf("got size %d in force, want the last good one", size)
	}
	y.awaitSize(t, 3)
}

func TestTheFirstStartNeedsEtcdUnlessItIsOptional(t *testing.T) {
	s := newStore(t)
	s.line.cut(true)
	o := etcd.Options{StartTimeout: 50 * time.Millisecond, Optional: true}
	x := newInstance(t, s.line.Addr().String(), t.TempDir(), o)
	x.Start()
	x.wantSize(t, 0)
	x.Stop()

	o.Optional = false
	err := build(s.line.Addr().String(), t.TempDir(), o)
	if err == nil || !strings.Contains(err.Error(), "no answer from etcd at 127.0.0.1:") {
		t.Errorf("got %v, want the endpoint that did not answer", err)
	}
}

func TestADamagedLastGoodDocumentIsNotUsed(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 12}")
	dir := t.TempDir()
	x := newInstance(t, s.line.Addr().String(), dir, etcd.Options{})
	x.Start()
	x.Stop()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("got %v and %v, want one file", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, want 0600", info.Mode())
	}
	s.line.cut(true)
	for name, damage := range map[string]string{
		"cut short": string(text[:len(text)/2]),
		"a bit off": strings.Replace(string(text), "size: 12", "size: 1", 1),
	} {
		if err := os.WriteFile(files[0], []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		err := build(s.line.Addr().String(), dir, etcd.Options{StartTimeout: 50 * time.Millisecond})
		if err == nil || !strings.Contains(err.Error(), "no last good document") {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
}

// The changes during the outage have been compacted: a watch from the last known
// revision is refused.
func TestAfterACompactionTheDocumentIsReadAnew(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 1}")
	x := newInstance(t, s.line.Addr().String(), t.TempDir(), etcd.Options{})
	x.Start()
	s.put("limits: {size: 2}")
	x.await(t, config.Applied)
	s.line.cut(true)
	for range 10 {
		s.put("limits: {size: 3}")
	}
	last := s.put("limits: {size: 4}")
	if _, err := s.direct.Compact(t.Context(), last, clientv3.WithCompactPhysical()); err != nil {
		t.Fatal(err)
	}
	s.line.cut(false)
	x.awaitSize(t, 4)
}

// A dead watch that looks alive is found by reading from time to time.
func TestASilentWatchIsNotTrusted(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 1}")
	x := newInstance(t, s.line.Addr().String(), t.TempDir(), etcd.Options{Resync: 200 * time.Millisecond})
	x.Start()
	first := x.metric("config_remote_last_contact_timestamp_seconds")
	for x.metric("config_remote_last_contact_timestamp_seconds") == first {
		<-time.After(time.Millisecond) // a metric has no event to wait for
	}
	s.put("limits: {size: 2}")
	x.await(t, config.Applied)
}

func TestAVetoIsTriedAgainWithTheNextReload(t *testing.T) {
	s := newStore(t)
	s.put("limits: {size: 1}")
	dir := t.TempDir()
	x := newInstance(t, s.line.Addr().String(), dir, etcd.Options{})
	good := make(chan bool, 1)
	good <- false
	veto(x, good)
	x.Start()
	s.put("limits: {size: 2}")
	x.await(t, config.Vetoed)
	x.wantSize(t, 1)
	<-good
	good <- true
	reloadByHand(t, x)
	x.await(t, config.Unchanged) // ours, which keeps the document
	x.wantSize(t, 2)
	x.Stop()
	s.line.cut(true)
	y := newInstance(t, s.line.Addr().String(), dir, etcd.Options{StartTimeout: 50 * time.Millisecond})
	y.Start()
	y.wantSize(t, 2)
}
