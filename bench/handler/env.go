package handler

import (
	"crypto/tls"
	"log"
	"net/http"
	"os"
	"time"
)

// How the runner configures a server. A server takes no arguments, so
// that it can start its own successor with none.
const (
	EnvAddr = "BENCH_HTTP_ADDR" // host:port to listen on; also the name that graceful looks for
	EnvFile = "BENCH_FILE"
	EnvCert = "BENCH_CERT" // with EnvKey: serve TLS
	EnvKey  = "BENCH_KEY"

	EnvUpgrade = "BENCH_UPGRADE" // file for the outcome of an upgrade, from graceful
)

// Addr is where to listen.
func Addr() string { return os.Getenv(EnvAddr) }

// FromEnv returns the handler with the file of the environment.
func FromEnv() http.Handler { return New(os.Getenv(EnvFile)) }

// Certificate returns the configuration of TLS, nil for plaintext.
func Certificate() *tls.Config {
	if os.Getenv(EnvCert) == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(os.Getenv(EnvCert), os.Getenv(EnvKey))
	if err != nil {
		log.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}}
}

// Server returns a server with the usual timeouts; graceful's
// defaults are the same. They cost a little on each request.
func Server() *http.Server {
	return &http.Server{
		Handler:           FromEnv(),
		TLSConfig:         Certificate(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}
