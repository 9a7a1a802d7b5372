package leader_test

import (
	"context"
	"fmt"

	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/modules/leader"
)

// Applications use etcd.LeaderTask or kubernetes.LeaderTask. Go is for another
// elector; the one here always wins.
func ExampleGo() {
	a := app.New("todo")
	leader.Go(a, nil, leader.Alone(), app.Task{Name: "report", Run: func(ctx context.Context) error {
		_, err := leader.Token(ctx)
		fmt.Println("this process leads, error:", err)
		return err
	}, Options: []app.TaskOption{app.ExitWhenDone()}})
	ctx := context.Background()
	if err := a.Start(ctx); err != nil {
		fmt.Println(err)
	}
	report, _ := a.Wait(ctx)
	fmt.Println(report.Reason.Kind)
	// Output:
	// this process leads, error: <nil>
	// done
}
