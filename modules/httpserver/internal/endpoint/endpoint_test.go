package endpoint

import (
	"slices"
	"strings"
	"testing"

	"github.com/gracefulfx/graceful/app"
)

func TestListIsParsed(t *testing.T) {
	for list, want := range map[string][]app.Endpoint{
		":80":                       {{Network: "tcp", Address: ":80"}},
		"[::]:80":                   {{Network: "tcp", Address: "[::]:80"}},
		":80, unix:/run/x":          {{Network: "tcp", Address: ":80"}, {Network: "unix", Address: "/run/x"}},
		"0.0.0.0:80,[::]:80":        {{Network: "tcp4", Address: "0.0.0.0:80"}, {Network: "tcp6", Address: "[::]:80"}},
		"0.0.0.0:80,[::]:http":      {{Network: "tcp4", Address: "0.0.0.0:80"}, {Network: "tcp6", Address: "[::]:http"}},
		"0.0.0.0:80,[::1]:80":       {{Network: "tcp4", Address: "0.0.0.0:80"}, {Network: "tcp", Address: "[::1]:80"}},
		"0.0.0.0:80,[::]:81":        {{Network: "tcp", Address: "0.0.0.0:80"}, {Network: "tcp", Address: "[::]:81"}},
		"127.0.0.1:80,localhost:80": {{Network: "tcp", Address: "127.0.0.1:80"}, {Network: "tcp", Address: "localhost:80"}},
	} {
		if got := Parse(list); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", list, got, want)
		}
	}
}

func TestAddressesThatCannotStandTogether(t *testing.T) {
	for list, want := range map[string]string{
		":80":                               "",
		"off":                               "",
		"127.0.0.1:80, [::1]:80":            "",
		"0.0.0.0:80, [::]:80":               "",
		"127.0.0.1:0, 127.0.0.2:0":          "",
		"127.0.0.1:80, 127.0.0.1:81":        "",
		"unix:/a, unix:/b":                  "",
		"127.0.0.1:80, [::]:80":             "",
		":80, off":                          "off is for no server",
		":80,":                              `"" has no port`,
		":80, 81":                           `"81" is a port without its colon`,
		":80, :80":                          `":80" stands twice`,
		"127.0.0.1:0, 127.0.0.1:0":          "stands twice",
		"unix:/a, unix:/a":                  "stands twice",
		":80, 127.0.0.1:80":                 `":80" and "127.0.0.1:80" share an address and port`,
		"0.0.0.0:80, 127.0.0.1:80":          "share an address and port",
		":80, [::]:http":                    "share an address and port",
		"127.0.0.1:80, localhost:80":        "share an address and port",
		"localhost:80, :81, 127.0.0.1:http": "share an address and port",
	} {
		err := Valid(list)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", list, err, want)
		}
	}
}
