package etcd

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// Options say where the document is. With the zero value the endpoints come from
// the environment, and the module does nothing if there are none.
type Options struct {
	// Client is how etcd is reached: endpoints, TLS, user. Without endpoints
	// those of the variable NAME_ETCD_ENDPOINTS are used, separated by commas.
	Client clientv3.Config
	// Key of the document. If empty, NAME_ETCD_KEY, else /name/config.yaml.
	Key string
	// Dir is where the last good document is kept. If empty, NAME_ETCD_DIR, else
	// the first of systemd's $STATE_DIRECTORY, else the user's cache directory.
	// Where there is none of these, the document is not kept, with a warning.
	Dir string
	// Optional lets the very first start continue without a document when etcd does
	// not answer, or has no such key.
	Optional bool
	// StartTimeout is how long a start waits for etcd; 0 means 3s.
	StartTimeout time.Duration
	// Resync is how often the document is read even if the watch reports no change,
	// since a dead watch is silent, too; 0 means 1m.
	Resync time.Duration
	// Staged lets a few instances try a new document before the others.
	Staged Staged

	// Lease is how long another process waits before it leads when the leader of a
	// LeaderTask has died or is cut off, in whole seconds; 0 means 15s. If the
	// leader cannot renew it, its task ends after two thirds of it. etcd prolongs
	// very short leases.
	Lease time.Duration
	// Alone lets leader tasks run in this process without endpoints, as on a
	// developer's machine. Otherwise that is an error: a fleet whose instances
	// do not know where etcd is would have as many leaders.
	Alone bool

	prefix string // of the variables
}

// complete fills in the fields that are not set, for the application of that name.
func (o Options) complete(name string, environ []string) (Options, error) {
	if environ == nil {
		environ = os.Environ()
	}
	env := map[string]string{}
	for _, kv := range environ {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	o.prefix = strings.ToUpper(strings.NewReplacer("-", "_", ".", "_", " ", "_").Replace(name)) + "_ETCD_"
	if list := env[o.prefix+"ENDPOINTS"]; len(o.Client.Endpoints) == 0 && list != "" {
		for e := range strings.SplitSeq(list, ",") {
			o.Client.Endpoints = append(o.Client.Endpoints, strings.TrimSpace(e))
		}
	}
	o.Key = cmp.Or(o.Key, env[o.prefix+"KEY"], "/"+name+"/config.yaml")
	o.StartTimeout = cmp.Or(o.StartTimeout, 3*time.Second)
	o.Lease = cmp.Or(o.Lease, 15*time.Second)
	o.Resync = cmp.Or(o.Resync, time.Minute)
	o.Client.DialKeepAliveTime = cmp.Or(o.Client.DialKeepAliveTime, 10*time.Second)
	o.Client.DialKeepAliveTimeout = cmp.Or(o.Client.DialKeepAliveTimeout, 5*time.Second)
	if o.Client.Logger == nil {
		o.Client.Logger = zap.NewNop() // important messages become notes
	}
	if !slices.Contains([]string{".yaml", ".yml", ".toml", ".json"}, strings.ToLower(path.Ext(o.Key))) {
		return o, fmt.Errorf("etcd: the key %q does not name its format: let it end in .yaml, .toml or .json", o.Key)
	}
	var err error
	if o.Staged, err = o.Staged.complete(o.prefix, env); err != nil {
		return o, err
	}
	if o.Lease < 2*time.Second {
		return o, fmt.Errorf("etcd: a lease of %v leaves no time to renew it: 2s is the minimum", o.Lease)
	}
	// systemd.exec(5): several directories are separated by colons.
	state, _, _ := strings.Cut(env["STATE_DIRECTORY"], ":")
	if o.Dir = cmp.Or(o.Dir, env[o.prefix+"DIR"], state); o.Dir == "" {
		if cache, err := os.UserCacheDir(); err == nil {
			o.Dir = filepath.Join(cache, name)
		}
	}
	return o, nil
}
