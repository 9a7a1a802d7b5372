package compat

import (
	"context"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.uber.org/fx"
	"google.golang.org/grpc"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
	grpcserver "github.com/gracefulfx/graceful/contrib/grpc"
)

// keys is a service that answers with the key; slow keys wait until the stop has
// closed what it closes first.
type keys struct {
	pb.UnimplementedKVServer
	begun chan struct{}
}

func (k *keys) Range(ctx context.Context, in *pb.RangeRequest) (*pb.RangeResponse, error) {
	if strings.HasPrefix(string(in.Key), "slow") {
		k.begun <- struct{}{}
		<-app.Draining(ctx)
		select {
		case <-time.After(200 * time.Millisecond): // the listeners of both are closed, or wait
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return &pb.RangeResponse{Count: int64(len(in.Key))}, nil
}

// post requests keys of a length through the gateway, base64 as JSON has bytes.
func post(x *apptest.App, key string) (string, error) {
	res, err := x.Client().Post(x.URL("http")+"/v3/kv/range", "application/json", strings.NewReader(fmt.Sprintf(`{"key": %q}`, key)))
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return fmt.Sprint(res.StatusCode, " ", string(b)), err
}

func TestGatewayIsDrainedBeforeGRPC(t *testing.T) {
	t.Setenv("APP_GRPC_ADDR", "127.0.0.1:0")
	k := &keys{begun: make(chan struct{}, 8)}
	x := apptest.New(t, gateway, fx.Supply(k),
		grpcserver.Register(func(r grpc.ServiceRegistrar, k *keys) { pb.RegisterKVServer(r, k) })).Start()
	if got, err := post(x, "Zm9v"); err != nil || !strings.HasPrefix(got, "200 {") || !strings.Contains(got, `"count":"3"`) {
		t.Fatalf("got %s, %v", got, err)
	}
	answers := make(chan string, 8)
	for range cap(answers) {
		go func() {
			got, err := post(x, "c2xvdw==") // slow
			if err != nil {
				got = err.Error()
			}
			answers <- got
		}()
	}
	for range cap(answers) {
		<-k.begun
	}
	x.Signal(syscall.SIGTERM)
	for range cap(answers) {
		if got := <-answers; !strings.HasPrefix(got, "200 {") || !strings.Contains(got, `"count":"4"`) {
			t.Errorf("in flight when the stop came: got %s", got)
		}
	}
	report := x.Wait()
	if report.Code != 0 || report.Counts()["cut"] != 0 || report.Counts()["cancelled"] != 0 {
		t.Errorf("got %v", report)
	}
	var order []string
	for _, s := range report.Steps {
		if s.Way == "down" && (s.Name == "http" || s.Name == "grpc") && (s.Phase == app.Unbind || s.Phase == app.Drain) {
			order = append(order, s.Phase.String()+" "+s.Name)
		}
	}
	if got := strings.Join(order, ", "); got != "unbind http, drain http, unbind grpc, drain grpc" {
		t.Errorf("got %s", got)
	}
}

// A gateway without its server is an error of the start, and says which.
func TestGatewayWithoutItsServer(t *testing.T) {
	f := fx.New(app.Module, fx.NopLogger, app.Calls("http", "grpc"), fx.Invoke(func(a *app.App) {
		a.At(app.Drain, "http", func(context.Context) error { return nil })
	}))
	if err := f.Start(t.Context()); err == nil || !strings.Contains(err.Error(), `names the server "grpc", which is not there: there are http`) {
		t.Errorf("got %v", err)
	}
}
