module github.com/gracefulfx/graceful/conformance

go 1.26.0

replace github.com/gracefulfx/graceful => ..

require (
	github.com/coder/websocket v1.8.15 // a library that GoingAway speaks to
	github.com/gobwas/ws v1.5.0 // a library whose connections move
	github.com/gorilla/websocket v1.5.3 // the same
	github.com/gracefulfx/graceful v0.0.0-00010101000000-000000000000
	github.com/lxzan/gws v1.8.9 // the same
	go.uber.org/fx v1.24.0 // the program whose connections move
	go.uber.org/goleak v1.3.0 // no goroutine outlives its owner
	golang.org/x/net v0.62.0 // a library whose connections move
	google.golang.org/grpc v1.85.0 // a client whose connections move
)

require (
	github.com/dolthub/maphash v0.1.0 // indirect
	github.com/fatih/color v1.19.0 // indirect
	github.com/fsnotify/fsnotify v1.10.1 // indirect
	github.com/go-viper/mapstructure/v2 v2.5.0 // indirect
	github.com/gobwas/httphead v0.1.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/klauspost/compress v1.17.9 // indirect
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	github.com/sagikazarmark/locafero v0.11.0 // indirect
	github.com/sourcegraph/conc v0.3.1-0.20240121214520-5f936abd7ae8 // indirect
	github.com/spf13/afero v1.15.0 // indirect
	github.com/spf13/cast v1.10.0 // indirect
	github.com/spf13/cobra v1.10.2 // indirect
	github.com/spf13/pflag v1.1.0 // indirect
	github.com/spf13/viper v1.21.0 // indirect
	github.com/subosito/gotenv v1.6.0 // indirect
	github.com/summerwind/h2spec v2.2.1+incompatible // indirect
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.28.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260817212433-ac3dfec99bb1 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

// What HTTP/2 is judged by; +incompatible because v2 has no go.mod.
tool github.com/summerwind/h2spec/cmd/h2spec
