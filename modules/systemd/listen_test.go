package systemd

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestParseListen(t *testing.T) {
	for _, test := range []struct {
		name, pid, fds, names string
		want                  []string
		bad                   string // in the error
	}{
		{name: "nothing"},
		{name: "one", pid: "42", fds: "1", names: "http", want: []string{"http"}},
		{name: "two", pid: "42", fds: "2", names: "http:admin", want: []string{"http", "admin"}},
		{name: "same name twice", pid: "42", fds: "2", names: "http:http", want: []string{"http", "http"}},
		{name: "no names", pid: "42", fds: "2", want: []string{"unknown", "unknown"}},
		{name: "an empty name", pid: "42", fds: "2", names: "http:", want: []string{"http", "unknown"}},
		{name: "none passed", pid: "42", fds: "0"},
		{name: "for another", pid: "41", fds: "1", names: "http"},
		{name: "for another, and nonsense", pid: "41", fds: "many"},
		{name: "for nobody", fds: "1"},
		{name: "no number of them", pid: "42"},
		{name: "pid of words", pid: "me", fds: "1", bad: "LISTEN_PID"},
		{name: "pid 0", pid: "0", fds: "1", bad: "LISTEN_PID"},
		{name: "pid with a sign", pid: "+42", fds: "1", bad: "LISTEN_PID"},
		{name: "pid with a space", pid: " 42", fds: "1", bad: "LISTEN_PID"},
		{name: "negative", pid: "42", fds: "-1", bad: "LISTEN_FDS"},
		{name: "words", pid: "42", fds: "one", bad: "LISTEN_FDS"},
		{name: "too many", pid: "42", fds: "2147483647", bad: "LISTEN_FDS"},
		{name: "more than a number", pid: "42", fds: "99999999999999999999", bad: "LISTEN_FDS"},
		{name: "too few names", pid: "42", fds: "2", names: "http", bad: "1 names"},
		{name: "too many names", pid: "42", fds: "1", names: "http:admin", bad: "2 names"},
		{name: "control character", pid: "42", fds: "1", names: "ht\ttp", bad: "LISTEN_FDNAMES"},
		{name: "long name", pid: "42", fds: "1", names: strings.Repeat("a", 256), bad: "LISTEN_FDNAMES"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseListen(environment(listenPID, test.pid, listenFDs, test.fds, listenNames, test.names), 42)
			switch {
			case test.bad == "" && err != nil, test.bad != "" && (err == nil || !strings.Contains(err.Error(), test.bad)):
				t.Errorf("got error %v, want one with %q", err, test.bad)
			case !slices.Equal(got, test.want):
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzParseListen(f *testing.F) {
	f.Add("42", "1", "http")
	f.Add("42", "2", "a:b")
	f.Add("42", "2147483648", "")
	f.Add("-42", "", "::")
	f.Fuzz(func(t *testing.T, pid, fds, list string) {
		got, err := parseListen(environment(listenPID, pid, listenFDs, fds, listenNames, list), 42)
		if err != nil {
			if got != nil || strings.ContainsAny(err.Error(), "\n\x00") {
				t.Errorf("got %q and %q", got, err)
			}
			return
		}
		if got == nil {
			return
		}
		if n, err := strconv.Atoi(fds); err != nil || n != len(got) || pid != "42" && strings.TrimLeft(pid, "0") != "42" {
			t.Errorf("got %d names of pid %q, %q", len(got), pid, fds)
		}
		for _, name := range got {
			if checkName(name) != nil {
				t.Errorf("got name %q", name)
			}
		}
	})
}
