module github.com/gracefulfx/graceful/bench

go 1.26.0

require (
	github.com/cloudflare/tableflip v1.2.3 // a rival: upgrades
	github.com/facebookgo/grace v0.0.0-20180706040059-75cf19382434 // a rival: upgrades
	github.com/fsnotify/fsnotify v1.10.1 // a rival: watching files by hand
	github.com/fvbock/endless v0.0.0-20170109170031-447134032cb6 // a rival: upgrades
	github.com/gorilla/websocket v1.5.3 // WebSockets that are restarted
	github.com/gracefulfx/graceful v0.0.0-00010101000000-000000000000
	github.com/gracefulfx/graceful/contrib/grpc v0.0.0-00010101000000-000000000000 // what is measured, for gRPC
	github.com/jpillora/overseer v1.1.6 // a rival: upgrades
	github.com/knadh/koanf/parsers/yaml v1.1.1 // a rival: configuration
	github.com/knadh/koanf/providers/file v1.2.1 // the same
	github.com/knadh/koanf/v2 v2.4.1 // the same
	github.com/spf13/viper v1.21.0 // a rival: configuration
	go.uber.org/fx v1.24.0 // the host
	golang.org/x/net v0.62.0 // HTTP/2 clients
	golang.org/x/sys v0.50.0 // pinning of processors
	google.golang.org/grpc v1.85.0 // a rival: GracefulStop
)

require (
	github.com/StackExchange/wmi v0.0.0-20190523213315-cbe66965904d // indirect
	github.com/facebookgo/clock v0.0.0-20150410010913-600d898af40a // indirect
	github.com/facebookgo/ensure v0.0.0-20200202191622-63f1cf65ac4c // indirect
	github.com/facebookgo/freeport v0.0.0-20150612182905-d4adf43b75b9 // indirect
	github.com/facebookgo/httpdown v0.0.0-20180706035922-5979d39b15c2 // indirect
	github.com/facebookgo/stack v0.0.0-20160209184415-751773369052 // indirect
	github.com/facebookgo/stats v0.0.0-20151006221625-1b76add642e4 // indirect
	github.com/facebookgo/subset v0.0.0-20200203212716-c811ad88dec4 // indirect
	github.com/go-ole/go-ole v1.2.4 // indirect
	github.com/go-viper/mapstructure/v2 v2.5.0 // indirect
	github.com/jpillora/s3 v1.1.4 // indirect
	github.com/knadh/koanf/maps v0.1.2 // indirect
	github.com/mitchellh/copystructure v1.2.0 // indirect
	github.com/mitchellh/reflectwalk v1.0.2 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	github.com/sagikazarmark/locafero v0.11.0 // indirect
	github.com/sourcegraph/conc v0.3.1-0.20240121214520-5f936abd7ae8 // indirect
	github.com/spf13/afero v1.15.0 // indirect
	github.com/spf13/cast v1.10.0 // indirect
	github.com/spf13/pflag v1.1.0 // indirect
	github.com/subosito/gotenv v1.6.0 // indirect
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	go.uber.org/zap v1.28.0 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20260817212433-ac3dfec99bb1 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace (
	github.com/gracefulfx/graceful => ../
	github.com/gracefulfx/graceful/contrib/grpc => ../contrib/grpc
)
