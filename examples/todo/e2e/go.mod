// The browser test of examples/todo, apart so that the example does not depend on a browser.
module github.com/gracefulfx/graceful/examples/todo/e2e

go 1.26.0

require (
	github.com/chromedp/cdproto v0.160.3 // indirect
	github.com/chromedp/chromedp v0.23.1 // the browser
	github.com/gracefulfx/graceful/e2e v0.0.0 // opens the browser
)

replace (
	github.com/gracefulfx/graceful => ../../..
	github.com/gracefulfx/graceful/e2e => ../../../e2e
)

require github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
