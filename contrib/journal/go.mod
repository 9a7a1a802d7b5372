module github.com/gracefulfx/graceful/contrib/journal

go 1.26.0

replace github.com/gracefulfx/graceful => ../..

require (
	github.com/coreos/go-systemd/v22 v22.7.0 // the journal's socket and its format
	github.com/gracefulfx/graceful v0.0.0-00010101000000-000000000000
	go.uber.org/fx v1.24.0 // the host
	go.uber.org/goleak v1.3.0 // tests: no goroutine outlives its owner
	go.uber.org/zap v1.28.0 // tests: lines of the log
)

require (
	github.com/fsnotify/fsnotify v1.10.1 // indirect
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
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.28.0 // indirect
)
