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

// page serves the page to a browser of this machine, for as long as the command
// runs.
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
	// Not a server of httpserver: that belongs to the plan of an App, and there is
	// none here. There is nothing to drain either: operations that the page starts
	// run to their end in the process, even if the connection closes.
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	defer context.AfterFunc(c.ctx, func() { server.Close() })()
	url := fmt.Sprintf("http://%s/#token=%s", ln.Addr(), token)
	if c.json {
		c.writeJSON(map[string]string{"url": url})
	} else {
		fmt.Fprintln(c.stdout, url)
		fmt.Fprintf(c.stderr, "The page of %s, for you only, until Ctrl-C. From another machine: ssh -L %[2]d:127.0.0.1:%[2]d\n", c.name, ln.Addr().(*net.TCPAddr).Port)
	}
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return c.failed(err)
	}
	return exitDone
}
