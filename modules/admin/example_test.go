package admin_test

import (
	"context"
	"fmt"
	"os"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/admin"
)

// A program that reads the status of another one.
func ExampleFind() {
	dir, err := os.MkdirTemp("", "admin")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	os.Setenv("RUNTIME_DIRECTORY", dir) // as systemd would
	defer os.Unsetenv("RUNTIME_DIRECTORY")

	shop := app.New("shop") // in another process, as a rule
	admin.New(shop, admin.DefaultConfig(), nil, nil)
	ctx := context.Background()
	if err := shop.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	client, err := admin.Find(ctx, "shop", admin.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	var status admin.Status
	err = client.Get(ctx, "/v1/status", &status)
	fmt.Println(status.App, status.State, err)

	shop.Stop(app.Reason{Kind: app.Requested})
	<-shop.Done()
	_, err = admin.Find(ctx, "shop", admin.Config{Addr: "off"})
	fmt.Println(err)
	// Output:
	// shop ready <nil>
	// shop: the admin API is off (admin.addr): not running, or not to be found
}
