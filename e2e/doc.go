// Package e2e tests the page of modules/admin in a real browser, while the
// process behind it is reloaded, upgraded and stopped. It needs chromium
// (Debian: apt-get install chromium) and skips without it, except under CI.
//
// Pictures for people: go test -artifacts -outputdir DIR.
package e2e
