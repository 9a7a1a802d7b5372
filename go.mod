module github.com/gracefulfx/graceful

go 1.26.0

require (
	github.com/fsnotify/fsnotify v1.10.1 // file events, in one file of modules/config
	github.com/pelletier/go-toml/v2 v2.4.3 // positions in TOML files; in viper's graph
	github.com/spf13/pflag v1.1.0 // flags as a source of settings; in viper's graph
	github.com/spf13/viper v1.21.0 // formats of configuration files, in one file of modules/config/internal/document
	go.uber.org/dig v1.19.0 // RootCause of what fx reports; in fx's graph
	go.uber.org/fx v1.24.0 // the host
	go.uber.org/zap v1.28.0 // the log
	go.yaml.in/yaml/v3 v3.0.6 // positions in YAML files; in viper's graph
	golang.org/x/sys v0.50.0 // names of signals, socket options
)

// Test dependencies.
require (
	github.com/rogpeppe/go-internal v1.16.0 // promises as scripts against real processes
	go.uber.org/goleak v1.3.0 // no goroutine outlives its owner
)

require (
	github.com/go-viper/mapstructure/v2 v2.5.0 // indirect
	github.com/sagikazarmark/locafero v0.11.0 // indirect
	github.com/sourcegraph/conc v0.3.1-0.20240121214520-5f936abd7ae8 // indirect
	github.com/spf13/afero v1.15.0 // indirect
	github.com/spf13/cast v1.10.0 // indirect
	github.com/subosito/gotenv v1.6.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	golang.org/x/text v0.28.0 // indirect
	golang.org/x/tools v0.35.0 // indirect
)
