package grpcserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/fx"
	"google.golang.org/grpc"
	testpb "google.golang.org/grpc/interop/grpc_testing"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

// A handler of HTTP that calls the process's own gRPC port gets its answer, also on
// a new connection: with the order, and not by luck, as the other case shows.
func TestGatewayIsDrainedBeforeTheServerThatItCalls(t *testing.T) {
	for name, ordered := range map[string]bool{"with the order": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			begun, unbound := make(chan struct{}), make(chan struct{})
			port := make(chan string, 1)
			opts := []fx.Option{httpserver.Handle("GET /", func(w http.ResponseWriter, r *http.Request) {
				close(begun)
				<-unbound
				cc, err := grpc.NewClient("passthrough:///"+<-port, insecureCredentials())
				if err != nil {
					t.Error(err)
					return
				}
				defer cc.Close()
				_, err = testpb.NewTestServiceClient(cc).EmptyCall(r.Context(), &testpb.Empty{})
				fmt.Fprint(w, err)
			}), fx.Invoke(func(a *app.App) {
				a.Add(app.Hook{Name: "after unbind", StartIn: app.Bind, StopIn: app.Drain,
					OnStop: func(context.Context) error { close(unbound); return nil }})
			})}
			if ordered {
				opts = append(opts, app.Calls("http", "grpc"))
			}
			x := newApp(t, &service{}, opts...).Start()
			port <- address(x)
			answer := make(chan string, 1)
			go func() {
				res, err := x.Client().Get(x.URL("http") + "/")
				if err != nil {
					answer <- err.Error()
					return
				}
				defer res.Body.Close()
				b, _ := io.ReadAll(res.Body)
				answer <- string(b)
			}()
			<-begun
			x.Signal(syscall.SIGTERM)
			got := <-answer
			if ordered && got != "<nil>" || !ordered && !strings.Contains(got, "connection refused") {
				t.Errorf("got %s", got)
			}
			if report := x.Wait(); report.Code != 0 || report.Counts()["cut"] != 0 {
				t.Errorf("got %v", report)
			}
		})
	}
}
