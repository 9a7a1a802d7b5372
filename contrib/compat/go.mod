module github.com/gracefulfx/graceful/contrib/compat

go 1.26.0

replace (
	github.com/gracefulfx/graceful => ../..
	github.com/gracefulfx/graceful/contrib/grpc => ../grpc
)

require (
	github.com/braintree/manners v0.0.0-20150503212558-0b5e6b2c2843 // docs/migrating, before
	github.com/cloudflare/tableflip v1.2.3 // docs/migrating, before
	github.com/facebookgo/grace v0.0.0-20180706040059-75cf19382434 // docs/migrating, before
	github.com/fsnotify/fsnotify v1.10.1 // docs/migrating, before
	github.com/fvbock/endless v0.0.0-20170109170031-447134032cb6 // docs/migrating, before
	github.com/gin-gonic/gin v1.12.0 // docs/recipes.md, docs/migrating
	github.com/go-chi/chi/v5 v5.5.0 // docs/recipes.md
	github.com/go-playground/validator/v10 v10.30.6 // docs/recipes.md
	github.com/gracefulfx/graceful v0.0.0-00010101000000-000000000000
	github.com/gracefulfx/graceful/contrib/grpc v0.0.0-00010101000000-000000000000 // docs/recipes.md
	github.com/grpc-ecosystem/grpc-gateway/v2 v2.33.0 // docs/recipes.md
	github.com/jpillora/overseer v1.1.6 // docs/migrating, before
	github.com/labstack/echo/v4 v4.16.5 // docs/recipes.md
	github.com/oklog/run v1.2.0 // docs/migrating, before
	github.com/ory/graceful v0.1.3 // docs/migrating, before
	github.com/pires/go-proxyproto v0.12.0 // docs/recipes.md
	github.com/spf13/cobra v1.10.2 // docs/migrating
	github.com/spf13/viper v1.21.0 // docs/migrating, before
	go.etcd.io/etcd/api/v3 v3.7.3 // docs/recipes.md: a service with a gateway
	go.uber.org/fx v1.24.0 // the host
	go.uber.org/goleak v1.3.0 // tests: no goroutine outlives its owner
	go.uber.org/zap v1.28.0 // docs/recipes.md: a core that writes to slog
	go.yaml.in/yaml/v3 v3.0.6 // indirect; tests: manifests
	google.golang.org/grpc v1.85.0 // docs/recipes.md
)

require (
	github.com/StackExchange/wmi v0.0.0-20190523213315-cbe66965904d // indirect
	github.com/bytedance/gopkg v0.1.3 // indirect
	github.com/bytedance/sonic v1.15.0 // indirect
	github.com/bytedance/sonic/loader v0.5.0 // indirect
	github.com/cloudwego/base64x v0.1.6 // indirect
	github.com/facebookgo/clock v0.0.0-20150410010913-600d898af40a // indirect
	github.com/facebookgo/ensure v0.0.0-20200202191622-63f1cf65ac4c // indirect
	github.com/facebookgo/freeport v0.0.0-20150612182905-d4adf43b75b9 // indirect
	github.com/facebookgo/httpdown v0.0.0-20180706035922-5979d39b15c2 // indirect
	github.com/facebookgo/stack v0.0.0-20160209184415-751773369052 // indirect
	github.com/facebookgo/stats v0.0.0-20151006221625-1b76add642e4 // indirect
	github.com/facebookgo/subset v0.0.0-20200203212716-c811ad88dec4 // indirect
	github.com/gabriel-vasile/mimetype v1.4.16 // indirect
	github.com/gin-contrib/sse v1.1.0 // indirect
	github.com/go-ole/go-ole v1.2.4 // indirect
	github.com/go-playground/locales v0.14.2 // indirect
	github.com/go-playground/universal-translator v0.18.2 // indirect
	github.com/go-viper/mapstructure/v2 v2.5.0 // indirect
	github.com/goccy/go-json v0.10.5 // indirect
	github.com/goccy/go-yaml v1.19.2 // indirect
	github.com/golang/protobuf v1.5.4 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/jpillora/s3 v1.1.4 // indirect
	github.com/json-iterator/go v1.1.12 // indirect
	github.com/klauspost/cpuid/v2 v2.3.0 // indirect
	github.com/labstack/gommon v0.5.0 // indirect
	github.com/leodido/go-urn v1.5.0 // indirect
	github.com/mattn/go-colorable v0.1.15 // indirect
	github.com/mattn/go-isatty v0.0.22 // indirect
	github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd // indirect
	github.com/modern-go/reflect2 v1.0.2 // indirect
	github.com/pelletier/go-toml/v2 v2.4.3 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/quic-go/qpack v0.6.0 // indirect
	github.com/quic-go/quic-go v0.59.0 // indirect
	github.com/sagikazarmark/locafero v0.11.0 // indirect
	github.com/sourcegraph/conc v0.3.1-0.20240121214520-5f936abd7ae8 // indirect
	github.com/spf13/afero v1.15.0 // indirect
	github.com/spf13/cast v1.10.0 // indirect
	github.com/spf13/pflag v1.1.0 // indirect
	github.com/subosito/gotenv v1.6.0 // indirect
	github.com/twitchyliquid64/golang-asm v0.15.1 // indirect
	github.com/ugorji/go/codec v1.3.1 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	github.com/valyala/fasttemplate v1.2.2 // indirect
	go.mongodb.org/mongo-driver/v2 v2.5.0 // indirect
	go.uber.org/dig v1.19.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	golang.org/x/arch v0.22.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.61.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20261026165753-2ffab32bce7e // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20261019180522-ce908d29299b // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)
