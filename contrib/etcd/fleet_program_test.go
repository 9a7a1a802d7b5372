package etcd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/cli"
	"github.com/gracefulfx/graceful/contrib/etcd"
	"github.com/gracefulfx/graceful/modules/config"
)

// trouble is a section with which a document names the instances that it harms, as
// " i1 i2 ", or all of them as "all".
type trouble struct {
	Rejects string `config:"rejects"`
	Red     string `config:"red"`
	Stops   string `config:"stops"`
	Dies    string `config:"dies"`
	Panics  string `config:"panics"`
}

func concerns(names string) bool {
	return names == "all" || strings.Contains(names, " "+os.Getenv("TODO_ETCD_INSTANCE")+" ")
}

// instanceMain is the program that the fleet consists of, with all its commands. It
// prints the size whenever another one comes into force.
func instanceMain() int {
	return cli.Run(context.Background(), os.Args[1:],
		graceful.Name("todo"), etcd.Module(etcd.Options{}), config.Section[limits]("limits"), config.Section[trouble]("trouble"),
		fx.Invoke(func(a *app.App, l *config.Value[limits], tr *config.Value[trouble]) {
			var red atomic.Bool
			a.AddCheck(app.Check{Name: "weather", Fn: func(context.Context) error {
				if red.Load() {
					return errors.New("it rains")
				}
				return nil
			}})
			config.OnReload(tr, "trouble", func(_ context.Context, c config.Change[trouble]) (config.Tx, error) {
				if concerns(c.New.Rejects) {
					return config.Tx{}, errors.New("not here")
				}
				return config.Tx{Commit: func() {
					red.Store(concerns(c.New.Red))
					if concerns(c.New.Stops) {
						signalSelf("STOP")
					}
					if concerns(c.New.Dies) {
						signalSelf("KILL")
					}
					if concerns(c.New.Panics) {
						panic("oh no")
					}
				}}, nil
			})
			config.OnReload(l, "voice", func(_ context.Context, c config.Change[limits]) (config.Tx, error) {
				return config.Tx{Commit: func() { fmt.Println("size", c.New.Size) }}, nil
			})
			a.At(app.Serve, "voice", func(context.Context) error { fmt.Println("size", l.Get().Size); return nil })
		}))
}
