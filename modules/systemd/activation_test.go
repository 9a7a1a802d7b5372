package systemd

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"

	"github.com/gracefulfx/graceful/app"
)

// programs are what the test binary becomes when SYSTEMD_TEST_PROGRAM says so.
var programs = map[string]func() int{"shim": shim, "serve": serve, "service": service}

// serve is a program under a service manager. It does what TAKE says, prints what
// it has got, greets one client, and stops.
func serve() int {
	a := app.New("activated")
	a.Observe(func(e app.Event) {
		if n, ok := e.(app.Noted); ok && n.Note.Level >= 4 {
			fmt.Println("warning:", n.Note.Text, n.Note.Attrs)
		}
	})
	in, err := Sockets(a, refusing{}, Env{})
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	for _, key := range []string{listenPID, listenFDs, listenNames} {
		if v, ok := os.LookupEnv(key); ok {
			fmt.Println("still set:", key, v)
		}
	}
	var ln net.Listener
	a.Add(app.Hook{Name: "serve", StartIn: app.Bind, StopIn: app.Unbind, OnStart: func(ctx context.Context) (err error) {
		switch what, address, _ := strings.Cut(os.Getenv("TAKE"), " "); what {
		case "listener":
			ln, err = in.Listen(ctx, "http", "tcp", address)
		case "all":
			var at []app.Endpoint
			for one := range strings.SplitSeq(address, ",") {
				at = append(at, app.Endpoint{Network: "tcp", Address: one})
			}
			var all []net.Listener
			if all, err = in.ListenAll(ctx, "http", at); err == nil {
				var addrs []net.Addr
				for _, l := range all {
					addrs = append(addrs, l.Addr())
				}
				ln = all[0]
				fmt.Println("all:", addrs)
			}
		case "packets":
			var c net.PacketConn
			if c, err = in.ListenPacket(ctx, "dns", "udp", address); err == nil {
				fmt.Println("packets:", c.LocalAddr())
				err = c.Close()
			}
		case "file":
			b, _ := io.ReadAll(in.File("state"))
			fmt.Printf("file: %s\n", b)
		}
		return err
	}, OnStop: func(context.Context) error {
		if ln == nil {
			return nil
		}
		return ln.Close()
	}})
	if err := a.Start(context.Background()); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	out, err := exec.Command("ls", "-l", "/proc/self/fd").CombinedOutput()
	fmt.Printf("a child has %d sockets, %v\n", strings.Count(string(out), "socket:"), err)
	fmt.Println("ready")
	if ln != nil {
		c, err := ln.Accept()
		if err != nil {
			fmt.Println("error:", err)
			return 1
		}
		fmt.Fprintf(c, "hello from %d\n", os.Getpid())
		c.Close()
	}
	a.Stop(app.Reason{})
	if _, err := a.Wait(context.Background()); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

// refusing is the fallback of a program that has to get its sockets from the
// manager.
type refusing struct{}

func (refusing) Listen(_ context.Context, name, network, address string) (net.Listener, error) {
	return nil, fmt.Errorf("%s would have been opened afresh on %s %s", name, network, address)
}
