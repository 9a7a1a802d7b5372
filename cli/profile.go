package cli

import (
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/spf13/pflag"
)

func profileFlags(fs *pflag.FlagSet) {
	fs.StringP("output", "o", "", "file to write; - is standard output; by default the name contains the time")
	fs.Uint16("seconds", 10, "how long to record cpu or trace")
	fs.Bool("text", false, "for people, instead of go tool pprof")
}

// profile saves a profile of the running process. A profile shows memory, so only
// this user may read the file.
func profile(c *call) int {
	kind := "cpu"
	if len(c.args) == 1 {
		kind = c.args[0]
	}
	seconds, _ := c.flags.GetUint16("seconds")
	text, _ := c.flags.GetBool("text")
	file, _ := c.flags.GetString("output")
	_, terminal := columns(c.stdout)
	recorded := kind == "cpu" || kind == "trace"
	switch {
	case recorded && (seconds < 1 || seconds > 600):
		return c.misused(fmt.Errorf("--seconds %d: 1 to 600 can be recorded", seconds), "profile")
	case recorded && text:
		return c.misused(fmt.Errorf("%s has no text form: see go tool pprof, go tool trace", kind), "profile")
	case file == "-" && c.json:
		return c.misused(fmt.Errorf("-o - and --json both write to standard output"), "profile")
	case file == "-" && terminal && !text:
		return c.misused(fmt.Errorf("a profile is binary: use --text, or name a file with -o"), "profile")
	}
	client, code := c.client()
	if client == nil {
		return code
	}
	path, ext := "/debug/pprof/"+url.PathEscape(kind), "pprof"
	switch {
	case kind == "cpu":
		path = fmt.Sprintf("/debug/pprof/profile?seconds=%d", seconds)
	case kind == "trace":
		path, ext = fmt.Sprintf("/debug/pprof/trace?seconds=%d", seconds), "trace"
	case text && kind == "goroutine":
		path, ext = path+"?debug=2", "txt" // with the state of each goroutine
	case text:
		path, ext = path+"?debug=1", "txt"
	}
	if recorded && !c.json {
		fmt.Fprintf(c.stderr, "recording for %d s\n", seconds)
	}
	var b []byte
	began := time.Now()
	if err := client.Get(c.ctx, path, &b); err != nil {
		return c.failed(err)
	}
	if took := time.Since(began); recorded && took < time.Duration(seconds)*time.Second {
		fmt.Fprintf(c.stderr, "%s: the process is stopping: the recording covers %v\n", c.name, took.Round(time.Millisecond))
	}
	if file == "-" {
		_, _ = c.stdout.Write(b)
		return exitDone
	}
	if file == "" {
		file = fmt.Sprintf("%s-%s-%s.%s", c.name, kind, time.Now().Format("20060102T150405"), ext)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		return c.failed(err)
	}
	if c.json {
		c.writeJSON(map[string]any{"file": file, "bytes": len(b)})
		return exitDone
	}
	fmt.Fprintf(c.stdout, "%s, %d bytes\n", file, len(b))
	return exitDone
}
