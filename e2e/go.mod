// Tests in a real browser, apart so that nothing else depends on one: the page of modules/admin, and the package browser
// for the tests of other pages.
module github.com/gracefulfx/graceful/e2e

go 1.26.0

require (
	github.com/chromedp/cdproto v0.160.3 // the browser's words, for what chromedp does not have
	github.com/chromedp/chromedp v0.23.1 // the browser
)

require (
	github.com/gracefulfx/graceful v0.0.0-00010101000000-000000000000
	go.uber.org/fx v1.24.0 // the host
)

require (
	github.com/fsnotify/fsnotify v1.10.1 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/go-viper/mapstructure/v2 v2.5.0 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	github.com/sagikazarmark/locafero v0.11.0 // indirect
	github.com/sourcegraph/conc v0.3.1-0.20240121214520-5f936abd7ae8 // indirect
	github.com/spf13/afero v1.15.0 // indirect
	github.com/spf13/cast v1.10.0 // indirect
	github.com/spf13/pflag v1.1.0 // indirect
	github.com/spf13/viper v1.21.0 // indirect
	github.com/subosito/gotenv v1.6.0 // indirect
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.28.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.28.0 // indirect
)

replace github.com/gracefulfx/graceful => ../
