package httpserver

import (
	"strings"
	"testing"
	"time"
)

func TestConfigIsCheckedWhole(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   string // empty: valid
	}{
		{"default", func(*Config) {}, ""},
		{"off", func(c *Config) { c.Addr = "off" }, ""},
		{"any port", func(c *Config) { c.Addr = "127.0.0.1:0" }, ""},
		{"service name", func(c *Config) { c.Addr = "localhost:http" }, ""},
		{"port out of range", func(c *Config) { c.Addr = ":65536" }, "addr: port 65536 is out of range; use 0 to 65535"},
		{"negative port", func(c *Config) { c.Addr = ":-1" }, "addr: port -1 is out of range"},
		{"only a port", func(c *Config) { c.Addr = "8080" }, `addr: "8080" is a port without its colon; write ":8080"`},
		{"no port", func(c *Config) { c.Addr = "localhost" }, `addr: "localhost" has no port; write "localhost:8080"`},
		{"unknown service", func(c *Config) { c.Addr = ":nonsense" }, `neither a port number nor a known service`},
		{"empty", func(c *Config) { c.Addr = "" }, "addr: "},
		{"naked IPv6", func(c *Config) { c.Addr = "::1" }, "addr: "},
		{"negative linger", func(c *Config) { c.Linger = -time.Second }, "linger: -1s is negative; use 0 or more"},
		{"age that is negative", func(c *Config) { c.MaxConnectionAge = -time.Hour }, "max_connection_age: -1h0m0s is negative; use 0 or more"},
		{"age that is absurd", func(c *Config) { c.MaxConnectionAge = 30 }, "max_connection_age: 30ns is less than a second; use 1s or more, or 0 for no limit"},
		{"requests that are negative", func(c *Config) { c.MaxConnectionRequests = -5 }, "max_connection_requests: -5 is negative; use 0 or more"},
		{"age and requests", func(c *Config) { c.MaxConnectionAge, c.MaxConnectionRequests = time.Second, 1 }, ""},
		{"two problems", func(c *Config) { c.IdleTimeout, c.MaxHeaderBytes = -1, -1 }, "max_header_bytes: -1"},
		{"two problems, the first too", func(c *Config) { c.IdleTimeout, c.MaxHeaderBytes = -1, -1 }, "idle_timeout: -1ns"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := DefaultConfig()
			tt.change(&c)
			err := c.Validate()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
