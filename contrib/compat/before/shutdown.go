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

	"go.uber.org/fx"
)

func newHandler() http.Handler { return http.NotFoundHandler() }

func shutdown() {
	// snippet: before-shutdown
	ctx, stop := signal.NotifyContext(context.Background(),
		os.Interrupt, syscall.SIGTERM)
	defer stop()
	srv := &http.Server{Addr: ":8080", Handler: newHandler()}
	go func() {
		if err := srv.ListenAndServe(); err != http.ErrServerClosed {
			log.Fatal(err)
		}
	}()
	<-ctx.Done()
	sctx, cancel := context.WithTimeout(
		context.Background(), 10*time.Second)
	defer cancel()
	_ = srv.Shutdown(sctx)
	// end
}

type db struct{}

func newDB() *db { return nil }

// snippet: before-hooks
func newServer(lc fx.Lifecycle, mux *http.ServeMux) *http.Server {
	srv := &http.Server{Addr: ":8080", Handler: mux}
	lc.Append(fx.Hook{
		OnStart: func(ctx context.Context) error {
			ln, err := net.Listen("tcp", srv.Addr)
			if err != nil {
				return err
			}
			go srv.Serve(ln)
			return nil
		},
		OnStop: srv.Shutdown,
	})
	return srv
}

// end

func hooks() {
	// snippet: before-hooks-main
	fx.New(
		fx.Provide(http.NewServeMux, newDB, newServer),
		fx.Invoke(func(*http.Server) {}),
	).Run()
	// end
}
