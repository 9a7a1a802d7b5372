package prometheus

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"

	"github.com/gracefulfx/graceful/app"
)

// pushTo replaces the metrics of this application in the Pushgateway. A gateway
// that does not answer is not a failure of the program, so it causes only a
// warning.
func pushTo(ctx context.Context, a *app.App, from client.Gatherer, p Push) {
	if p.URL == "" {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, p.Timeout, fmt.Errorf("over metrics.push.timeout of %v", p.Timeout))
	defer cancel()
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	defer transport.CloseIdleConnections()
	to := push.New(p.URL, a.Name()).Gatherer(from).Client(&http.Client{Transport: transport})
	if p.User != "" {
		to = to.BasicAuth(p.User, p.Password.Reveal())
	}
	if err := to.PushContext(ctx); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		a.Note(app.Note{Level: slog.LevelWarn, Text: "metrics were not pushed", Err: err})
	}
}
