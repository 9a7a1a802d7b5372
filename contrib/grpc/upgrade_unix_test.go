//go:build unix

package grpcserver_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/fx"
	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/contrib/grpc"
)

// program is a whole program, which the test upgrades. Each generation prints its
// process id when it is ready.
func program() {
	graceful.Run(graceful.Name("rpc"), grpcserver.Module, fx.Supply(&service{
		unary:  func(context.Context) error { <-time.After(5 * time.Millisecond); return nil }, // a call takes a moment
		stream: echo,
	}), grpcserver.Register(func(r grpc.ServiceRegistrar, s *service) { testpb.RegisterTestServiceServer(r, s) }),
		fx.Invoke(func(a *app.App) {
			a.Observe(func(e app.Event) {
				if c, ok := e.(app.StateChanged); ok && c.To == app.StateReady {
					fmt.Println("ready", os.Getpid())
				}
			})
		}))
}

// Clients that never repeat a call do not notice that the program is replaced.
func TestUpgradesUnderLoadLoseNoCall(t *testing.T) {
	dir, err := os.MkdirTemp("", "rpc") // short, for the paths of sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "grpc.sock")
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "TEST_PROGRAM=1", "RPC_GRPC_ADDR=unix:"+socket, "RPC_HTTP_ADDR=127.0.0.1:0",
		"RPC_LOG_LEVEL=warn", "XDG_RUNTIME_DIR="+dir, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	ready := func() int {
		t.Helper()
		var word, pid string
		if !lines.Scan() {
			t.Fatal("the program has ended")
		}
		if _, err := fmt.Sscan(lines.Text(), &word, &pid); err != nil || word != "ready" {
			t.Fatalf("got %q, %v", lines.Text(), err)
		}
		n, err := strconv.Atoi(pid)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	pid := ready()
	defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }() // if the test ends early

	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	var calls, lost atomic.Int64
	for range 8 {
		cc, err := grpc.NewClient("unix:"+socket, insecureCredentials())
		if err != nil {
			t.Fatal(err)
		}
		defer cc.Close()
		client := testpb.NewTestServiceClient(cc)
		clients.Go(func() {
			for ctx.Err() == nil {
				calls.Add(1)
				if _, err := client.EmptyCall(t.Context(), &testpb.Empty{}); err != nil {
					lost.Add(1)
					t.Errorf("a call was lost: %v", err)
					return
				}
			}
		})
	}
	for range 3 {
		before := calls.Load()
		for calls.Load() < before+100 && lost.Load() == 0 {
			<-time.After(time.Millisecond) // clients have no event to wait for
		}
		old := pid
		if err := syscall.Kill(old, syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		pid = ready()
		for syscall.Kill(old, 0) == nil && !gone(cmd, old) {
			<-time.After(time.Millisecond) // its end is not an event of this process
		}
	}
	stop()
	clients.Wait()
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	for lines.Scan() { // until the last generation has closed it
		t.Errorf("got %q at the end", lines.Text())
	}
	t.Logf("%d calls, %d lost", calls.Load(), lost.Load())
}

// gone reaps the first generation, which is a child of the test.
func gone(cmd *exec.Cmd, pid int) bool {
	if pid != cmd.Process.Pid {
		return false
	}
	_, err := cmd.Process.Wait()
	return err == nil
}
