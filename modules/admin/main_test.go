package admin

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// The test binary is also a client that another user runs.
func TestMain(m *testing.M) {
	if socket := os.Getenv(askingAs); socket != "" {
		ask(socket)
		return
	}
	goleak.VerifyTestMain(m)
}

// askingAs names the socket that the client asks.
const askingAs = "ADMIN_TEST_ASK"

func ask(socket string) {
	c, err := Find(context.Background(), "test", Config{Addr: socket})
	if err == nil {
		err = c.Get(context.Background(), "/v1/status", &Status{})
	}
	fmt.Println(err)
}
