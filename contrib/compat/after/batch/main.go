// Shop reads orders.txt, one order a line, and writes what it has done to done.txt.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/modules/httpserver"
)

func main() {
	cli.Main("shop",
		httpserver.Tune("off", 0, func(s *http.Server) { s.Addr = httpserver.Off }), // no port
		fx.Invoke(func(a *app.App) {
			a.Go("orders", work, app.ExitWhenDone()) // nil: exit code 0; an error: 1
		}),
	)
}

// work ends between two orders when it has to, and goes on from there next time.
func work(ctx context.Context) error {
	orders, err := os.Open("orders.txt")
	if err != nil {
		return err
	}
	defer orders.Close()
	done, before, err := openDone()
	if err != nil {
		return err
	}
	defer done.Close()
	n := 0
	for lines := bufio.NewScanner(orders); lines.Scan(); {
		if n++; n <= before {
			continue
		}
		if ctx.Err() != nil {
			return errors.New("stopped before all is done: start again to go on") // exit code 1
		}
		time.Sleep(20 * time.Millisecond) // the work
		if _, err := fmt.Fprintln(done, lines.Text()); err != nil {
			return err
		}
	}
	return done.Close()
}

// openDone returns the file to append to, and how many orders it has.
func openDone() (done *os.File, n int, err error) {
	done, err = os.OpenFile("done.txt", os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, 0, err
	}
	for lines := bufio.NewScanner(done); lines.Scan(); {
		n++
	}
	return done, n, nil
}
