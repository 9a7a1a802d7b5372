package apptest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
	"github.com/gracefulfx/graceful/apptest"
)

// The whole program is started, gets a request and is stopped.
func ExampleNew() {
	t := &recorder{} // in a test of yours: t *testing.T
	defer t.end()

	x := apptest.New(t, graceful.Name("todo"), fx.Provide(hello)).Start()
	resp, err := x.Client().Get(x.URL("http"))
	if err != nil {
		t.Fatalf("GET: %v", err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	fmt.Println(resp.StatusCode, string(body))

	x.Signal(os.Interrupt)
	report := x.Wait()
	fmt.Println(report.State, report.Reason, report.Code)
	// Output:
	// 200 hello
	// stopped SIGINT 0
}

// A configuration that changes while the application runs.
func ExampleConfig() {
	t := &recorder{}
	defer t.end()

	file := apptest.Config(t, "log: {level: error}")
	var level zap.AtomicLevel
	x := apptest.New(t, file, fx.Populate(&level)).Start()
	fmt.Println(level)

	file.Edit("log: {level: loud}")
	_, err := x.Do(context.Background(), app.Request{Command: app.Reload, By: "test"})
	fmt.Println(err != nil, level)

	file.Edit("log: {level: warn}")
	_, err = x.Do(context.Background(), app.Request{Command: app.Reload, By: "test"})
	fmt.Println(err, level)
	// Output:
	// error
	// true error
	// <nil> warn
}

// An error of the start can be tested too.
func ExampleApp_StartFails() {
	t := &recorder{}
	defer t.end()

	migrate := func(lc fx.Lifecycle) {
		lc.Append(fx.StartHook(func() error { return fmt.Errorf("the schema is newer than this program") }))
	}
	x := apptest.New(t, fx.Invoke(migrate))
	fmt.Println(x.StartFails() != nil, x.Report().Code)
	// Output: true 1
}

// A test can wait for a state of the application; the request in flight is answered
// before the application ends.
func ExampleApp_WaitState() {
	t := &recorder{}
	defer t.end()

	arrived := make(chan struct{})
	slow := func() http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(arrived)
			<-app.Draining(r.Context())
			fmt.Fprint(w, "the last one")
		})
	}
	x := apptest.New(t, fx.Provide(slow)).Start()
	body := make(chan string)
	go func() {
		resp, err := x.Client().Get(x.URL("http"))
		if err != nil {
			body <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		body <- string(b)
	}()
	<-arrived
	x.Signal(os.Interrupt)
	x.WaitState(app.StateDraining)
	fmt.Println(<-body)
	fmt.Println(x.Wait().State)
	// Output:
	// the last one
	// stopped
}
