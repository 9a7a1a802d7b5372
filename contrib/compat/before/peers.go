package before

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/braintree/manners"
	"github.com/cloudflare/tableflip"
	"github.com/jpillora/overseer"
	"github.com/jpillora/overseer/fetcher"
	"github.com/oklog/run"
	"github.com/ory/graceful"
)

func mannersClose() {
	// snippet: before-manners
	http.HandleFunc("POST /close", func(
		w http.ResponseWriter, r *http.Request) {
		manners.Close()
	})
	manners.ListenAndServe(":8080", http.DefaultServeMux)
	// end
}

func ory() {
	// snippet: before-ory
	server := graceful.WithDefaults(&http.Server{
		Addr: ":8080", Handler: newHandler(),
	})
	err := graceful.Graceful(
		server.ListenAndServe, server.Shutdown)
	log.Println(err)
	// end
}

const linesAddr = "127.0.0.1:7000"

func serve(net.Listener) {}

func flip() {
	// snippet: before-tableflip
	upg, err := tableflip.New(tableflip.Options{
		PIDFile: "/run/lines.pid",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer upg.Stop()
	go func() {
		sig := make(chan os.Signal, 1)
		signal.Notify(sig, syscall.SIGHUP)
		for range sig {
			_ = upg.Upgrade()
		}
	}()
	ln, err := upg.Listen("tcp", linesAddr)
	if err != nil {
		log.Fatal(err)
	}
	go serve(ln)
	if err := upg.Ready(); err != nil {
		log.Fatal(err)
	}
	<-upg.Exit()
	// stop serving, with a deadline of your own
	// end
}

func oversee() {
	// snippet: before-overseer
	overseer.Run(overseer.Config{
		Address: ":3000",
		Fetcher: &fetcher.File{
			Path: "incoming/shop", Interval: time.Second,
		},
		Program: func(state overseer.State) {
			srv := &http.Server{Handler: newHandler()}
			go srv.Serve(state.Listener)
			<-state.GracefulShutdown
		},
	})
	// end
}

func sendMails(context.Context) error { return nil }

func group(ctx context.Context, cancel context.CancelFunc, srv *http.Server) {
	// snippet: before-run
	var g run.Group
	g.Add(func() error { return sendMails(ctx) },
		func(error) { cancel() })
	g.Add(func() error { return srv.ListenAndServe() },
		func(error) { srv.Shutdown(context.Background()) })
	g.Add(run.SignalHandler(ctx, syscall.SIGTERM))
	log.Println(g.Run())
	// end
}
