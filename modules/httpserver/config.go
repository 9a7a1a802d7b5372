package httpserver

import (
	"errors"
	"time"

	"github.com/gracefulfx/graceful/modules/config"
	"github.com/gracefulfx/graceful/modules/httpserver/internal/endpoint"
)

// Config is the section http, or http.<name> of a named server. A duration or limit
// of 0 means none, except that net/http then uses ReadTimeout for ReadHeaderTimeout
// and IdleTimeout, and DefaultMaxHeaderBytes, 1 MiB, for MaxHeaderBytes.
type Config struct {
	Addr                  string        `config:"addr" list:"join" doc:"host:port to listen on, :0 takes a free port; unix:/path for a unix socket; several as a list; off for no server"`
	SocketMode            string        `config:"socket_mode" reload:"restart" doc:"file mode of a unix socket, such as 0660; empty leaves it to the umask"`
	Linger                time.Duration `config:"linger" doc:"how long a stop leaves an idle keep-alive connection open, so that a request on its way is answered and not lost"`
	Spread                time.Duration `config:"spread" doc:"time over which a stop spreads the calls of OnDrain, so that clients with long connections do not come back all at once"`
	ReadHeaderTimeout     time.Duration `config:"read_header_timeout" doc:"time a client has to send the header of a request"`
	ReadTimeout           time.Duration `config:"read_timeout" doc:"time a client has to send a whole request; kills long uploads"`
	WriteTimeout          time.Duration `config:"write_timeout" doc:"time a response may take; kills long downloads and streams"`
	IdleTimeout           time.Duration `config:"idle_timeout" doc:"how long a keep-alive connection may wait for its next request"`
	RestAfter             time.Duration `config:"rest_after" doc:"how long without a request until an HTTP/1 connection without TLS gives up its memory, until the next request; 0 is never"`
	StallTimeout          time.Duration `config:"stall_timeout" doc:"cut a client that for this long sends no more of its request, or takes no more of its response; of an HTTP/2 connection only the stream is cut; silent streams, slow transfers that make progress and gRPC conversations are not affected"`
	MaxConnections        int           `config:"max_connections" doc:"how many connections may be open at a time; more wait to be accepted"`
	MaxConnectionAge      time.Duration `config:"max_connection_age" doc:"how long a connection lives, give or take a tenth, before a response asks the client to leave, so that balancers spread clients again; an idle connection stays until its next request, and after an upgrade the time begins again; 0 is no limit"`
	MaxConnectionRequests int           `config:"max_connection_requests" doc:"how many requests a connection may have: the response to the last one asks the client to leave; 0 is no limit"`
	MaxHeaderBytes        int           `config:"max_header_bytes" doc:"size limit of a request header in bytes; 0 is 1 MiB"`
	TwoStepGoAway         bool          `config:"two_step_goaway" reload:"restart" doc:"let HTTP/2 clients leave in two steps, so that no stream on its way is lost; false is net/http's one step"`
	TLS                   TLSConfig     `config:"tls"`
	Health                bool          `config:"health" reload:"restart" doc:"answer /livez, /readyz and /startupz before routes and handler"`
}

// DefaultConfig returns the settings that hold without a configuration.
func DefaultConfig() Config {
	return Config{
		Addr:              ":8080",
		Linger:            3 * time.Second,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		RestAfter:         10 * time.Second,
		StallTimeout:      time.Minute,
		MaxHeaderBytes:    64 << 10,
		TwoStepGoAway:     true,
		TLS:               TLSConfig{MinVersion: "1.2", Move: true, MoveHTTP2: true},
		Health:            true,
	}
}

// Validate returns all errors, not only the first.
func (c *Config) Validate() error {
	return errors.Join(
		endpoint.Valid(c.Addr),
		validMode(c.SocketMode),
		c.TLS.validate(),
		notNegative("linger", c.Linger),
		notNegative("spread", c.Spread),
		notNegative("read_header_timeout", c.ReadHeaderTimeout),
		notNegative("read_timeout", c.ReadTimeout),
		notNegative("write_timeout", c.WriteTimeout),
		notNegative("idle_timeout", c.IdleTimeout),
		notNegative("rest_after", c.RestAfter),
		notNegative("stall_timeout", c.StallTimeout),
		notNegative("max_connections", c.MaxConnections),
		notBrief("max_connection_age", c.MaxConnectionAge),
		notNegative("max_connection_requests", c.MaxConnectionRequests),
		notNegative("max_header_bytes", c.MaxHeaderBytes),
	)
}

// notBrief returns an error for a time in which clients would do little but
// connect.
func notBrief(key string, d time.Duration) error {
	if d > 0 && d < time.Second {
		return config.Invalid(key, "%v is less than a second; use 1s or more, or 0 for no limit", d)
	}
	return notNegative(key, d)
}

func notNegative[N int | time.Duration](key string, n N) error {
	if n < 0 {
		return config.Invalid(key, "%v is negative; use 0 or more", n)
	}
	return nil
}
