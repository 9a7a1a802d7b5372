package admin

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// The test binary is also a client, run by another user.
func TestMain(m *testing.M) {
	if socket := os.Getenv(askingAs); socket != "" {
		ask(socket)
		return
	}
	if socket := os.Getenv(listeningAs); socket != "" {
		answerYes(socket)
		return
	}
	goleak.VerifyTestMain(m)
}

// askingAs names the socket that the client asks.
const askingAs = "ADMIN_TEST_ASK"

// ask prints the answers to four requests: the status, a look, a change, the
// memory.
func ask(socket string) {
	c, err := Find(context.Background(), "test", Config{Addr: socket})
	if err != nil {
		fmt.Println(err)
		return
	}
	var st Status
	err = c.Get(context.Background(), "/v1/status", &st)
	fmt.Printf("status: %v %s\n", err, st.Access)
	for _, path := range []string{"/v1/config", "/debug/pprof/heap"} {
		fmt.Printf("%s: %v\n", path, c.Get(context.Background(), path, new([]byte)))
	}
	_, err = c.Post(context.Background(), "/v1/reload", struct{}{}, &Operation{})
	fmt.Printf("reload: %v\n", err)
}

// listeningAs names the socket at which the test binary answers everything with
// yes, as another user.
const listeningAs = "ADMIN_TEST_LISTEN"

func answerYes(socket string) {
	ln, err := net.Listen("unix", socket)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = os.Chmod(socket, 0o777)
	fmt.Println("listening")
	_ = http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"outcome":"done","text":"stop done"}`)
	}))
}
