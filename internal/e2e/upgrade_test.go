package e2e_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/fx"

	"github.com/gracefulfx/graceful"
	"github.com/gracefulfx/graceful/app"
)

// echo answers a POST with its body, some of them slowly.
func echo() {
	graceful.Run(
		graceful.Name("echo"),
		pendingPolicy(),
		hangingSuccessor(),
		fx.Provide(func() http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return
				}
				if rand.N(20) == 0 {
					time.Sleep(rand.N(20 * time.Millisecond)) // a slow request, in the program under test
				}
				_, _ = w.Write(body)
			})
		}),
	)
}

// hangingSuccessor makes a new process of the program hang while it starts.
func hangingSuccessor() fx.Option {
	if os.Getenv("HANGING_SUCCESSOR") == "" {
		return fx.Options()
	}
	return fx.Invoke(func(lc fx.Lifecycle, a *app.App) {
		lc.Append(fx.StartHook(func() {
			if a.Generation() > 1 {
				fmt.Println("the successor hangs")
				select {}
			}
		}))
	})
}

var readyPID = regexp.MustCompile(`"pid":\s*(\d+)`)

// generation waits until the program has reached generation n, and returns its
// process id.
func (p *output) generation(n int) (int, error) {
	line, err := p.await(regexp.MustCompile(fmt.Sprintf(`"ready".*"generation":\s*%d\b`, n)))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(readyPID.FindStringSubmatch(line)[1])
}

func cmdSuccessor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: successor NEW OLD GENERATION")
	}
	old := processOf(ts, args[1])
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	pid, err := old.generation(n)
	if err != nil {
		ts.Fatalf("%s: %v; it printed\n%s", args[1], err, old.text())
	}
	p, err := os.FindProcess(pid)
	ts.Check(err)
	stageOf(ts).processes[args[0]] = &process{&exec.Cmd{Process: p}, old.code, old.output}
}
