package config

import (
	"net/netip"
	"reflect"
	"testing"
	"time"
)

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
