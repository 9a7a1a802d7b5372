// Package e2e tests the page of modules/admin in a real browser, while the
// process behind it is reloaded, upgraded and stopped. It needs chromium
// (Debian: apt-get install chromium) and skips without it, except under CI.
//
// Pictures for people: go test -artifacts -outputdir DIR. That of the README:
// go test -run Picture -picture ../docs/admin.png, with the fonts Inter and
// JetBrains Mono, and pngquant afterwards.
package e2e
