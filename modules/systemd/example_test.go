package systemd_test

import (
	"fmt"
	"os/exec"

	"go.uber.org/fx"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/systemd"
)

// An application that is watched by systemd, if it was started by it, and gets
// its sockets from there, if there are any.
func Example() {
	f := fx.New(fx.NopLogger,
		app.Module,
		systemd.Module,
		systemd.AsSockets(),
	)
	fmt.Println(f.Err())
	// Output: <nil>
}

// A child that speaks sd_notify too must not speak for this process.
func ExampleClean() {
	cmd := exec.Command("worker")
	cmd.Env = systemd.Clean([]string{"PATH=/bin", "NOTIFY_SOCKET=/run/systemd/notify", "WATCHDOG_USEC=30000000"})
	fmt.Println(cmd.Env)
	// Output: [PATH=/bin]
}
