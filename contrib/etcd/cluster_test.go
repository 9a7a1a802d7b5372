package etcd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful/contrib/etcd"
	"github.com/gracefulfx/graceful/modules/leader/leadertest"
)

// TestMain lets the test binary be a member of a cluster as well, or an instance of
// a fleet: a process that can be killed.
func TestMain(m *testing.M) {
	if os.Getenv("TEST_INSTANCE") != "" {
		os.Exit(instanceMain())
	}
	if name := os.Getenv("TEST_MEMBER"); name != "" {
		if err := member(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if leadertest.Candidate(runCandidate) {
		return
	}
	os.Exit(m.Run())
}

// member runs a member until standard input ends, and prints its client address.
func member(name string) error {
	conf := embed.NewConfig()
	conf.Name, conf.Dir, conf.UnsafeNoFsync = name, os.Getenv("TEST_DIR"), true
	conf.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	peer, err := url.Parse(os.Getenv("TEST_PEER"))
	if err != nil {
		return err
	}
	any := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	conf.ListenPeerUrls, conf.AdvertisePeerUrls = []url.URL{*peer}, []url.URL{*peer}
	conf.ListenClientUrls, conf.AdvertiseClientUrls = any, any
	conf.InitialCluster = os.Getenv("TEST_CLUSTER")
	conf.TickMs, conf.ElectionMs = 50, 500
	m, err := embed.StartEtcd(conf)
	if err != nil {
		return err
	}
	fmt.Println(m.Clients[0].Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	m.Close()
	return nil
}

// cluster is a real etcd of three members, each a process.
type cluster struct {
	t       *testing.T
	members map[string]*exec.Cmd // by client address
	direct  *clientv3.Client
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, members: map[string]*exec.Cmd{}}
	peers := freeURLs(t, 3)
	var initial []string
	for i, u := range peers {
		initial = append(initial, fmt.Sprintf("m%d=%s", i, u))
	}
	for i, u := range peers {
		c.start(fmt.Sprintf("m%d", i), u, strings.Join(initial, ","))
	}
	direct, err := clientv3.New(clientv3.Config{Endpoints: c.endpoints(), Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = direct.Close() })
	c.direct = direct
	return c
}

func (c *cluster) start(name, peer, initial string) {
	c.t.Helper()
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "TEST_MEMBER="+name, "TEST_PEER="+peer, "TEST_CLUSTER="+initial, "TEST_DIR="+c.t.TempDir())
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	cmd.Stderr = os.Stderr
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { in.Close(); _ = cmd.Wait() }) // killed ones, too
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		c.t.Fatalf("member %s: %v", name, err)
	}
	c.members[strings.TrimSpace(addr)] = cmd
}

func (c *cluster) endpoints() []string { return slices.Sorted(maps.Keys(c.members)) }

// freeURLs returns addresses that are free: a member has to know those of all
// others before it starts.
func freeURLs(t *testing.T, n int) (urls []string) {
	t.Helper()
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		urls = append(urls, "http://"+ln.Addr().String())
	}
	return urls
}

// put writes the document, once there is a leader that accepts it.
func (c *cluster) put(text string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	for {
		try, done := context.WithTimeout(ctx, 2*time.Second)
		_, err := c.direct.Put(try, key, text)
		done()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			c.t.Fatal(err)
		}
	}
}

// kill kills the process of the member that leads, or of one that follows, and
// returns its address.
func (c *cluster) kill(leader bool) (addr string) {
	c.t.Helper()
	for addr, cmd := range c.members {
		st, err := c.direct.Status(c.t.Context(), addr)
		if err != nil {
			c.t.Fatal(err)
		}
		if (st.Leader == st.Header.MemberId) == leader {
			if err := cmd.Process.Kill(); err != nil {
				c.t.Fatal(err)
			}
			return addr
		}
	}
	c.t.Fatal("there is no such member")
	return ""
}

// Two of three members are a majority, whichever is lost: an instance goes on, and
// another starts although its first endpoint is dead.
func TestAFleetFollowsAlthoughAMemberIsLost(t *testing.T) {
	for _, lost := range []struct {
		name   string
		leader bool
	}{{"the leader", true}, {"a follower", false}} {
		t.Run(lost.name, func(t *testing.T) {
			c := newCluster(t)
			c.put("limits: {size: 1}")
			dir := t.TempDir()
			all := c.endpoints()
			x := newInstance(t, strings.Join(all, ","), dir, etcd.Options{})
			x.Start()
			x.wantSize(t, 1)
			dead := c.kill(lost.leader)
			c.put("limits: {size: 2}")
			x.awaitSize(t, 2)
			if got := x.metric("config_remote_up"); got != 1 {
				t.Errorf("got config_remote_up %v, want 1: two of three members answer", got)
			}
			x.Stop()

			alive := slices.DeleteFunc(all, func(addr string) bool { return addr == dead })
			y := newInstance(t, dead+","+alive[0], dir, etcd.Options{})
			y.Start()
			y.wantSize(t, 2)
			y.Stop()
		})
	}
}
