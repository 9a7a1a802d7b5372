package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

const columns, longestPause = 124, 1500 * time.Millisecond

// terminal draws a recording: its lines appear when they were printed, pauses being
// shortened. Where nothing moves, all lines are there.
func terminal(cast string) (string, error) {
	var p picture
	const top, high = 34, 19
	y, shown, last := top, time.Duration(0), time.Duration(0)
	for n, line := range strings.Split(strings.TrimSpace(cast), "\n")[1:] { // the first is the header
		var event [3]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			return "", fmt.Errorf("line %d: %w", n+2, err)
		}
		at, ok := event[0].(float64)
		text, ok2 := event[2].(string)
		if !ok || !ok2 || event[1] != "o" {
			return "", fmt.Errorf("line %d is no output", n+2)
		}
		when := time.Duration(at * float64(time.Second))
		shown += min(when-last, longestPause)
		last = when
		text = strings.TrimRight(text, "\r\n")
		class := "out"
		if strings.HasPrefix(text, "$ ") {
			class = "in"
		}
		for _, part := range folded(text) {
			fmt.Fprintf(&p, `<text x="16" y="%d" class="%s" style="animation-delay: %.1fs">`, y, class, shown.Seconds())
			_ = xml.EscapeText(&p, []byte(part))
			p.WriteString("</text>\n")
			y += high
		}
	}
	var s picture
	s.WriteString(`<style>
text { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px; white-space: pre; animation: shown 1ms backwards; }
.in { font-weight: 600; } .out { fill: var(--faint); }
@keyframes shown { from { opacity: 0; } }
@media (prefers-reduced-motion: reduce) { text { animation: none; } }
</style>
<rect x="0.5" y="0.5" width="1009" height="` + fmt.Sprint(y-1) + `" rx="6" class="box"/>
`)
	s.WriteString(p.String())
	return s.whole(1010, y, "A terminal: the program is built, run under load, given a configuration with a mistake and a good one, upgraded and stopped; no request failed."), nil
}

// folded cuts what is wider than the terminal.
func folded(text string) (parts []string) {
	for r := []rune(text); ; {
		if len(r) <= columns {
			return append(parts, string(r))
		}
		parts, r = append(parts, string(r[:columns])), append([]rune("    "), r[columns:]...)
	}
}

// The folder of the demo, and moments, which README.md shortens as well.
var (
	folder = regexp.MustCompile(`/[^ ]*/tmp\.\w+/|/tmp/tmp\.\w+/`)
	moment = regexp.MustCompile(`^\d{4}-\d\d-\d\d[T ][^ ]+`)
)

// record runs a script and writes what it prints, with the time of each line.
func record(script, path string) error {
	cmd := exec.Command(script)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	text, err := stamped(out, begin)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", script, err)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

func stamped(out io.Reader, begin time.Time) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"version": 2, "width": %d, "height": 30, "timestamp": %d, "title": "demo.sh"}`+"\n", columns, begin.Unix())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		text := moment.ReplaceAllString(folder.ReplaceAllString(lines.Text(), "…/"), "…")
		quoted, err := json.Marshal(text + "\r\n")
		if err != nil {
			return nil, err
		}
		quoted = bytes.NewBufferString(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(quoted))).Bytes()
		fmt.Fprintf(&b, "[%.3f, \"o\", %s]\n", time.Since(begin).Seconds(), quoted)
	}
	return b.Bytes(), lines.Err()
}
