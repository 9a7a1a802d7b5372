package httpserver

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// discardFrom makes this test binary, started once more, read a response and
// discard it: a client in another process, so that the reads of this process are
// only the server's.
const discardFrom = "HTTPSERVER_TEST_DISCARD_FROM"

func TestDiscardingClient(t *testing.T) {
	addr := os.Getenv(discardFrom)
	if addr == "" {
		t.Skip("the other half of TestSendfile")
	}
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(nc, "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
	if n, err := io.Copy(io.Discard, nc); n < sparseSize || err != nil {
		t.Fatalf("got %d bytes, %v", n, err)
	}
	fmt.Println("done")
	io.Copy(io.Discard, os.Stdin) // until the parent has counted: what a child reads is added to it when it ends
}

const sparseSize = 64 << 20

// A file goes to the client by sendfile, which reads it in a few large pieces, and
// not through a buffer.
func TestSendfile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sparse")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, sparseSize); err != nil {
		t.Fatal(err)
	}
	serve := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	buffered := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(struct{ http.ResponseWriter }{w}, r, file)
	})

	sendfile := reads(t, serveOn(t, serve).addr)
	copied := reads(t, serveOn(t, buffered).addr)
	if copied < sparseSize/(64<<10) {
		t.Skipf("%d reads for a copy: the count means nothing here", copied)
	}
	if sendfile > copied/2 {
		t.Errorf("got %d reads, a copy through a buffer has %d: no sendfile", sendfile, copied)
	}
}

// reads returns how often this process reads while a client gets a file.
func reads(t *testing.T, addr string) int {
	t.Helper()
	before := readCalls(t)
	c := exec.Command(os.Args[0], "-test.run=^TestDiscardingClient$")
	c.Env = append(os.Environ(), discardFrom+"="+addr)
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	calls := readCalls(t) - before
	in.Close()
	if err := c.Wait(); err != nil || line != "done\n" {
		t.Fatalf("client: %v, %q", err, line)
	}
	return calls
}

func readCalls(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(line, "syscr: "); ok {
			calls, err := strconv.Atoi(strings.TrimSpace(n))
			if err != nil {
				t.Fatal(err)
			}
			return calls
		}
	}
	t.Skip(fmt.Errorf("no syscr in %q", text))
	return 0
}
