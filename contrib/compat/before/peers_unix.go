//go:build unix

package before

import (
	"log"
	"net/http"
	"syscall"
	"time"

	"github.com/facebookgo/grace/gracehttp"
	"github.com/fvbock/endless"
)

func endlessServer() {
	// snippet: before-endless
	endless.DefaultHammerTime = 60 * time.Second
	endless.DefaultReadTimeOut = 10 * time.Second
	endless.DefaultWriteTimeOut = 30 * time.Second
	endless.DefaultMaxHeaderBytes = 1 << 16
	srv := endless.NewServer(":4242", newHandler())
	srv.BeforeBegin = func(addr string) {
		log.Println(addr, syscall.Getpid())
	}
	srv.RegisterSignalHook(endless.PRE_SIGNAL,
		syscall.SIGHUP, func() { log.Println("about to restart") })
	srv.RegisterSignalHook(endless.POST_SIGNAL,
		syscall.SIGHUP, func() { log.Println("restarted") })
	log.Println(srv.ListenAndServe())
	// end
}

func prepare() error { return nil }

func grace() {
	// snippet: before-grace
	gracehttp.ServeWithOptions(
		[]*http.Server{
			{Addr: ":8080", Handler: newHandler()},
		},
		gracehttp.PreStartProcess(prepare),
	)
	// end
}
