package config

import (
	"net/netip"
	"net/url"
	"time"
)

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
