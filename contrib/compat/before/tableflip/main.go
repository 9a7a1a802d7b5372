// Lines greets on a socket that is no HTTP, and restarts by tableflip.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/cloudflare/tableflip"
)

func main() {
	upg, err := tableflip.New(tableflip.Options{PIDFile: "lines.pid"})
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
	ln, err := upg.Listen("tcp", os.Getenv("ADDR"))
	if err != nil {
		log.Fatal(err)
	}
	var lines sync.WaitGroup
	go serve(ln, &lines)
	if err := upg.Ready(); err != nil {
		log.Fatal(err)
	}
	<-upg.Exit()
	ln.Close()
	lines.Wait() // with a deadline of your own
}

func serve(ln net.Listener, lines *sync.WaitGroup) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		lines.Go(func() {
			defer c.Close()
			fmt.Fprintln(c, "hello")
		})
	}
}
