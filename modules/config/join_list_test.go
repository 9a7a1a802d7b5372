package config

import (
	"strings"
	"testing"
)

func TestTextMayBeWrittenAsList(t *testing.T) {
	type settings struct {
		Addr string `config:"addr" list:"join"`
	}
	for _, tt := range []struct {
		name, file, body, env string
		want, wrong           string
	}{
		{name: "a text", file: "c.yaml", body: `t: {addr: ":80"}`, want: ":80"},
		{name: "a list", file: "c.yaml", body: `t: {addr: [":80", "unix:/run/x"]}`, want: ":80, unix:/run/x"},
		{name: "TOML", file: "c.toml", body: "[t]\naddr = [':80', '[::1]:81']", want: ":80, [::1]:81"},
		{name: "JSON", file: "c.json", body: `{"t": {"addr": [":80"]}}`, want: ":80"},
		{name: "the environment", file: "c.yaml", body: "t: {}", env: "[::1]:80,:81", want: "[::1]:80,:81"},
		{name: "JSON in the environment", file: "c.yaml", body: "t: {}", env: `[":80", ":81"]`, want: ":80, :81"},
		{name: "a number", file: "c.yaml", body: "t: {addr: [80]}", wrong: "c.yaml:1:12: t.addr[0]: expected text, found 80"},
		{name: "a comma", file: "c.yaml", body: `t: {addr: ["a,b"]}`, wrong: `c.yaml:1:12: t.addr[0]: expected text without a comma, found "a,b"`},
		{name: "no element", file: "c.yaml", body: "t: {addr: []}", wrong: "t.addr: the list is empty"},
		{name: "a table", file: "c.yaml", body: "t: {addr: {a: 1}}", wrong: "t.addr: expected text, found a table"},
		{name: "half a list", file: "c.yaml", body: "t: {}", env: `[":80"`, wrong: "is not a list"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var environ []string
			if tt.env != "" {
				environ = append(environ, "APP_T_ADDR="+tt.env)
			}
			got, err := load[settings](t, "t", tt.file, tt.body, environ...)
			if tt.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wrong) {
					t.Fatalf("got %v, want %q", err, tt.wrong)
				}
				return
			}
			if err != nil || got.Addr != tt.want {
				t.Errorf("got %q, %v, want %q", got.Addr, err, tt.want)
			}
		})
	}
}

func TestOnlyTextsAreJoined(t *testing.T) {
	for _, err := range []error{
		func() error {
			_, err := load[struct {
				N int `list:"join"`
			}](t, "t", "c.yaml", "t: {}")
			return err
		}(),
		func() error {
			_, err := load[struct {
				S string `list:"glue"`
			}](t, "t", "c.yaml", "t: {}")
			return err
		}(),
	} {
		if err == nil || !strings.Contains(err.Error(), `list:"join" is all there is`) {
			t.Errorf("got %v", err)
		}
	}
}
