// Package e2e tests the page of examples/todo in a real browser, while the service
// behind it is reloaded, upgraded and restarted. It needs chromium (Debian: apt-get
// install chromium) and skips without it, except under CI.
package e2e
