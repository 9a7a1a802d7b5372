package config

import (
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// load reads one file into one section, the whole file if it has no name.
func load[T any](t *testing.T, section, name, text string, env ...string) (*T, error) {
	t.Helper()
	set := NewSet()
	v := Add[T](set, section)
	if _, err := Load(set, Source{Files: []string{file(t, name, text)}, Environ: append(env, "PATH=/bin")}); err != nil {
		return nil, err
	}
	return v.Get(), nil
}

// Shapes of files of other programs: each is read whole, and checked for what makes
// it difficult.

type composeFile struct {
	Name     string
	Services map[string]*composeService
	Volumes  map[string]*struct{ Driver string }
	Networks map[string]*struct {
		External bool
		IPAM     *struct {
			Config []struct{ Subnet netip.Prefix }
		} `config:"ipam"`
	}
}

type composeService struct {
	Image       string
	Command     []string
	Environment map[string]string
	Ports       []string
	DependsOn   map[string]struct{ Condition string } `config:"depends_on"`
	Healthcheck *struct {
		Test     []string
		Interval time.Duration
		Retries  int
	}
	Deploy *struct {
		Replicas  int
		Resources struct {
			Limits struct {
				Cpus   string
				Memory ByteSize
			}
		}
	}
	Restart string
}

func (s *composeService) SetDefaults() { s.Restart = "no" }

type collectorFile struct {
	Receivers map[string]struct {
		Protocols map[string]*struct {
			Endpoint        string
			MaxRecvMsgSize  ByteSize `config:"max_recv_msg_size_mib"`
			IncludeMetadata bool     `config:"include_metadata"`
		}
	}
	Exporters map[string]*struct {
		Endpoint string
		Headers  map[string]Secret
		TLS      *struct {
			Insecure bool
			CAFile   string `config:"ca_file"`
		} `config:"tls"`
	}
	Service struct {
		Pipelines map[string]struct{ Receivers, Exporters []string }
	}
}

type alertmanagerFile struct {
	Global *struct {
		SMTPSmarthost  string        `config:"smtp_smarthost"`
		ResolveTimeout time.Duration `config:"resolve_timeout"`
	}
	Route     *alertRoute
	Receivers []*struct {
		Name           string
		WebhookConfigs []*struct {
			URL          *url.URL `config:"url"`
			SendResolved *bool    `config:"send_resolved"`
		} `config:"webhook_configs"`
	}
}

type alertRoute struct {
	Receiver  string
	GroupBy   []string      `config:"group_by"`
	GroupWait time.Duration `config:"group_wait"`
	Matchers  []string
	Continue  bool
	Routes    []*alertRoute
}

type lokiFile struct {
	AuthEnabled  bool                         `config:"auth_enabled"`
	Server       struct{ HTTPListenPort int } // http_listen_port
	SchemaConfig struct {
		Configs []struct {
			From   time.Time
			Store  string
			Schema string
			Index  struct {
				Prefix string
				Period time.Duration
			}
		}
	}
	LimitsConfig struct {
		RetentionPeriod time.Duration
		IngestionRateMB float64 `config:"ingestion_rate_mb"`
	}
	Overrides map[int]struct{ RetentionPeriod time.Duration }
}

type helmValues struct {
	ReplicaCount int `config:"replicaCount"`
	Image        struct {
		Repository string
		Tag        string
		PullPolicy string `config:"pullPolicy"`
	}
	Service struct {
		Type string
		Port uint16
	}
	Resources struct {
		Limits, Requests map[string]string
	}
	NodeSelector map[string]string   `config:"nodeSelector"`
	Tolerations  []map[string]string `config:"tolerations"`
	Ingress      *struct {
		Enabled   bool
		ClassName *string `config:"className"`
		Hosts     []struct {
			Host  string
			Paths []struct {
				Path     string
				PathType string `config:"pathType"`
			}
		}
	}
}

type giteaFile struct {
	AppName string `config:"APP_NAME"`
	RunMode string `config:"RUN_MODE"`
	Server  struct {
		HTTPPort uint16  `config:"HTTP_PORT"`
		RootURL  url.URL `config:"ROOT_URL"`
	} `config:"server"`
	Database struct {
		Type   string `config:"DB_TYPE"`
		Passwd Secret `config:"PASSWD"`
	} `config:"database"`
	Started time.Time         `config:"STARTED"`
	Cron    map[string]string `config:"cron"`
}

func TestExistingFilesFit(t *testing.T) {
	t.Run("compose", func(t *testing.T) {
		got, err := load[composeFile](t, "", "compose.yaml", composeText, "APP_SERVICES_WEB_1_ENVIRONMENT_TOKEN=fromenv")
		if err != nil {
			t.Fatal(err)
		}
		web, db := got.Services["web-1"], got.Services["db"]
		if web.Restart != "always" || db.Restart != "no" || web.Deploy.Resources.Limits.Memory != 512e6 || web.Environment["TOKEN"] != "fromenv" || db.Deploy != nil ||
			db.Healthcheck.Interval != 10*time.Second || web.Environment["LOG"] != "debug" || got.Volumes["data"] != nil ||
			got.Networks["back"].IPAM.Config[0].Subnet != netip.MustParsePrefix("10.1.0.0/16") {
			t.Errorf("got %+v %+v %+v", web, db, got)
		}
	})
	t.Run("collector", func(t *testing.T) {
		got, err := load[collectorFile](t, "", "otel.yaml", collectorText, "APP_EXPORTERS_OTLP_BACKUP_HEADERS_X_KEY=k2")
		if err != nil {
			t.Fatal(err)
		}
		if http, ok := got.Receivers["otlp"].Protocols["http"]; !ok || http.Endpoint != "0.0.0.0:4318" || http.MaxRecvMsgSize != 16<<20 {
			t.Errorf("got %+v", http)
		}
		if e := got.Exporters["otlp/backup"]; e.TLS == nil || !e.TLS.Insecure || e.Headers["x-key"].Reveal() != "k2" {
			t.Errorf("got %+v", e)
		}
		if got.Exporters["debug"].TLS != nil || !reflect.DeepEqual(got.Service.Pipelines["traces"].Exporters, []string{"debug", "otlp/backup"}) {
			t.Errorf("got %+v", got.Service)
		}
	})
	t.Run("alertmanager", func(t *testing.T) {
		got, err := load[alertmanagerFile](t, "", "alertmanager.yml", alertmanagerText)
		if err != nil {
			t.Fatal(err)
		}
		if r := got.Route.Routes[0].Routes[0]; r.Receiver != "pager" || !r.Continue || got.Global.ResolveTimeout != 5*time.Minute {
			t.Errorf("got %+v", r)
		}
		hook := got.Receivers[1].WebhookConfigs[0]
		if hook.URL.Host != "hooks.example.com" || hook.SendResolved == nil || *hook.SendResolved {
			t.Errorf("got %+v", hook)
		}
	})
	t.Run("loki", func(t *testing.T) {
		got, err := load[lokiFile](t, "", "loki.yaml", lokiText)
		if err != nil {
			t.Fatal(err)
		}
		if c := got.SchemaConfig.Configs[0]; c.From.Format(time.DateOnly) != "2024-04-01" || c.Index.Period != 24*time.Hour || got.Server.HTTPListenPort != 3100 ||
			got.LimitsConfig.RetentionPeriod != 14*24*time.Hour || got.Overrides[29].RetentionPeriod != 31*24*time.Hour {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("helm", func(t *testing.T) {
		got, err := load[helmValues](t, "", "values.yaml", helmText, "APP_REPLICACOUNT=4")
		if err != nil {
			t.Fatal(err)
		}
		if got.ReplicaCount != 4 || got.Image.Tag != "1.10" || got.Resources.Limits["cpu"] != "500m" || got.Ingress.ClassName != nil ||
			got.NodeSelector["kubernetes.io/os"] != "linux" || got.Ingress.Hosts[0].Paths[0].PathType != "Prefix" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("gitea", func(t *testing.T) {
		got, err := load[giteaFile](t, "", "app.toml", giteaText, "APP_DATABASE_PASSWD_FILE="+file(t, "pw", "hunter2\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got.Server.HTTPPort != 3000 || got.Server.RootURL.Host != "git.example.com" || got.Database.Passwd.Reveal() != "hunter2" ||
			got.Started.Year() != 2026 || got.Cron["SCHEDULE"] != "@midnight" {
			t.Errorf("got %+v", got)
		}
	})
}

func TestPrometheusFileFits(t *testing.T) {
	type file struct {
		Global        struct{ ScrapeInterval, EvaluationInterval time.Duration }
		RuleFiles     []string
		ScrapeConfigs []struct {
			JobName        string
			HonorLabels    bool
			ScrapeInterval *time.Duration
			StaticConfigs  []struct {
				Targets []string
				Labels  map[string]string
			}
			RelabelConfigs []struct {
				SourceLabels []string
				Action       string
				Regex        string
			}
		}
		Storage *struct {
			TSDB *struct{ RetentionTime time.Duration } `config:"tsdb"`
		}
	}
	got, err := load[file](t, "", "prometheus.yml", prometheusText)
	if err != nil {
		t.Fatal(err)
	}
	a, b := got.ScrapeConfigs[0], got.ScrapeConfigs[1]
	if a.ScrapeInterval != nil || *b.ScrapeInterval != 5*time.Second || b.RelabelConfigs[0].SourceLabels[0] != "__address__" ||
		got.Storage.TSDB.RetentionTime != 15*24*time.Hour || a.StaticConfigs[0].Labels["env"] != "007" {
		t.Errorf("got %+v", got)
	}
}

// A ConfigMap is a directory of links: the main file, its drop-ins, and secrets by
// the names of their keys in another.
func TestConfigMapDirectoryFits(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "..2026", "todo.yaml"), "tenants:\n  google: {id: 1}\n  big-co: {id: 2}\nhosts: [a]\n")
	write(t, filepath.Join(dir, "..2026", "10-more.yaml"), "tenants:\nhosts: [b]\n")
	if err := os.Symlink("..2026", filepath.Join(dir, "..data")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(filepath.Join("..data", "todo.yaml"), filepath.Join(dir, "todo.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "todo.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("..", "..data", "10-more.yaml"), filepath.Join(dir, "todo.d", "10-more.yaml")); err != nil {
		t.Fatal(err)
	}
	secrets := t.TempDir()
	write(t, filepath.Join(secrets, "tenants.google.secret"), "one\n")
	write(t, filepath.Join(secrets, "two"), "two\n")
	type settings struct {
		Hosts   []string `merge:"append"`
		Tenants map[string]*struct {
			ID     int `config:"id"`
			Secret Secret
		}
	}
	set := NewSet()
	v := Add[settings](set, "")
	_, err := Load(set, Source{Name: "todo", Files: []string{filepath.Join(dir, "todo.yaml")}, Environ: []string{
		"TODO_SECRETS_DIRECTORY=" + secrets, "TODO_TENANTS_BIG_CO_SECRET_FILE=" + filepath.Join(secrets, "two"), "TODO_HOSTS_1=c"}})
	if err != nil {
		t.Fatal(err)
	}
	got := v.Get()
	if g, b := got.Tenants["google"], got.Tenants["big-co"]; g.ID != 1 || g.Secret.Reveal() != "one" || b.ID != 2 || b.Secret.Reveal() != "two" {
		t.Errorf("got %q and %q", g.Secret.Reveal(), b.Secret.Reveal())
	}
	if strings.Join(got.Hosts, ",") != "a,c" {
		t.Errorf("got %q, want a,c", got.Hosts)
	}
}

// A forgotten mount is not the same as no secrets.
func TestDirectoryOfSecretsHasToBeThere(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "secrets")
	_, err := load[struct{ Token Secret }](t, "t", "c.yaml", "t: {}", "APP_SECRETS_DIRECTORY="+missing)
	if want := "env APP_SECRETS_DIRECTORY: " + missing + " does not exist"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := os.Mkdir(missing, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := load[struct{ Token Secret }](t, "t", "c.yaml", "t: {}", "APP_SECRETS_DIRECTORY="+missing); err != nil {
		t.Error(err)
	}
}
