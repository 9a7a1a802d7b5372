package cli_test

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/gracefulfx/graceful/app"
)

// team is a command that the program lists among its commands.
var team = app.CommandInfo{Name: "team list", Text: "who is there", Args: []app.Arg{{Name: "of", Text: "one team"}}}

// commands are those of the application in the scripts.
func commands(a *app.App) {
	a.Handle("greet", func(ctx context.Context, r app.Request) (app.Answer, error) {
		if r.Args["who"] == "" {
			return app.Answer{}, errors.New("nobody is there")
		}
		return app.Answer{Text: "hello " + r.Args["who"], Detail: map[string]int{"bytes": 7}}, nil
	}, app.About("say hello", app.Arg{Name: "who", Text: "whom to greet"}))
	a.Handle("panic", func(context.Context, app.Request) (app.Answer, error) { panic("oh no") }, app.About("break"))
	a.Handle("noise", func(ctx context.Context, r app.Request) (app.Answer, error) {
		app.Progress(ctx, "\x1b[31mred \xff")
		time.Sleep(4 * time.Second) // in the program under test: a status comes every second
		return app.Answer{Text: "\x1b]0;title\a \xff \u202eabc", Detail: "\x1b[2J gone"}, nil
	})
	a.Handle(team.Name, func(_ context.Context, r app.Request) (app.Answer, error) {
		if r.Args["of"] == "x" {
			return app.Answer{}, errors.New("there is no team x")
		}
		return app.Answer{Text: "two", Detail: map[string]any{"text": "anna\nbert", "count": 2}}, nil
	}, app.About(team.Text, team.Args...), app.Beside())
	// The handler waits for a file, whatever happens to its context.
	a.Handle("wait", func(ctx context.Context, r app.Request) (app.Answer, error) {
		app.Progress(ctx, "waiting for "+r.Args["file"])
		for _, err := os.Stat(r.Args["file"]); err != nil; _, err = os.Stat(r.Args["file"]) {
			time.Sleep(10 * time.Millisecond) // in the program under test, not in the test
		}
		return app.Answer{Text: "it is there"}, nil
	}, app.About("wait for a file", app.Arg{Name: "file"}))
}
