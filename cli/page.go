package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// page lets a browser of this machine in, for as long as the command runs.
func page(c *call) int {
	client, code := c.client()
	if client == nil {
		return code
	}
	port, _ := c.flags.GetUint16("port")
	look, _ := c.flags.GetBool("look")
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		return c.failed(err)
	}
	h, token := client.Proxy(look)
	// A server of its own, not one of httpserver's: that belongs to the plan of
	// an App, and here is none. Nor is there anything to drain: what the page asks
	// for runs to its end in the process, whoever closes the connection.
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	defer context.AfterFunc(c.ctx, func() { server.Close() })()
	url := fmt.Sprintf("http://%s/#token=%s", ln.Addr(), token)
	if c.json {
		c.writeJSON(map[string]string{"url": url})
	} else {
		fmt.Fprintln(c.stdout, url)
		fmt.Fprintf(c.stderr, "The page of %s, for you alone, until Ctrl-C. From another machine: ssh -L %[2]d:127.0.0.1:%[2]d\n", c.name, ln.Addr().(*net.TCPAddr).Port)
	}
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return c.failed(err)
	}
	return exitDone
}
