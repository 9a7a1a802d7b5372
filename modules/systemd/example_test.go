package systemd_test

import (
	"fmt"
	"os/exec"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/systemd"
)

// An application that reports to systemd, if systemd has started it, and gets its
// sockets from there, if there are any.
func Example() {
	f := fx.New(fx.NopLogger,
		app.Module,
		systemd.Module,
		systemd.AsSockets(),
	)
	fmt.Println(f.Err())
	// Output: <nil>
}

// A child that uses sd_notify too must not notify in the name of this process.
func ExampleClean() {
	cmd := exec.Command("worker")
	cmd.Env = systemd.Clean([]string{"PATH=/bin", "NOTIFY_SOCKET=/run/systemd/notify", "WATCHDOG_USEC=30000000"})
	fmt.Println(cmd.Env)
	// Output: [PATH=/bin]
}
