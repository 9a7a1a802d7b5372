package compat

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
)

// snippet: consul
// withConsul puts the server "http" on the list of the agent at that URL, such as
// http://127.0.0.1:8500, as soon as the process is ready.
func withConsul(agent string) fx.Option {
	return fx.Invoke(func(a *app.App) {
		host, _ := os.Hostname()
		c := &consul{agent: agent, id: a.Name() + "-" + host} // the same in every generation
		a.Go("register", func(ctx context.Context) error {
			select {
			case <-a.Ready():
				return c.register(ctx, a)
			case <-ctx.Done():
				return nil
			}
		}, app.Optional(), app.Restart(app.Backoff{}), app.StopIn(app.Unbind)) // until the agent answers
		a.Add(app.Hook{
			Name: "deregister", StopIn: app.Announce, // skipped, too, when a successor took over
			OnStop: func(ctx context.Context) error {
				if r := a.Reason(); r != nil && r.Kind == app.Replaced {
					return nil
				}
				c.mu.Lock() // after a registration that is on its way
				defer c.mu.Unlock()
				return c.put(ctx, "deregister/"+url.PathEscape(c.id), nil)
			},
			Timeout: 2 * time.Second, // an agent that is away must not use up the drain's time
		})
	})
}

type consul struct {
	agent, id string
	mu        sync.Mutex
}

func (c *consul) register(ctx context.Context, a *app.App) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, addr := range a.Addresses() {
		if addr.Server != "http" || a.Reason() != nil {
			continue
		}
		_, text, err := net.SplitHostPort(addr.Addr)
		if err != nil {
			return err
		}
		port, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		return c.put(ctx, "register", map[string]any{
			"ID": c.id, "Name": a.Name(), "Port": port, // without an Address it is the agent's
			"Check": map[string]string{
				"HTTP":     "http://" + net.JoinHostPort("127.0.0.1", text) + "/readyz",
				"Interval": "2s",
				// One that died without a word.
				"DeregisterCriticalServiceAfter": "1m",
			},
		})
	}
	return nil // there is no server, or the process stops already
}

func (c *consul) put(ctx context.Context, what string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, c.agent+"/v1/agent/service/"+what, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Close = true // nothing is left open
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", req.URL, resp.Status)
	}
	return nil
}

// end
