package kubernetes

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// namespaceFile is where a pod finds the name of its namespace.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// Options say where the Leases are. The zero value is right for a pod.
type Options struct {
	// Config says how to reach the API server; nil means as pods do, with the token
	// of their service account.
	Config *rest.Config
	// Namespace of the Leases; empty means the pod's.
	Namespace string
	// Lease is how long another pod waits before it leads when the leader has died
	// or is cut off, in whole seconds; 0 means 15s. If the leader cannot renew it,
	// its task ends after two thirds of it.
	Lease time.Duration
	// Alone lets leader tasks run outside a cluster, as on a developer's machine,
	// when there is no Config. Otherwise that is an error.
	Alone bool
}

// inPod reports whether this process runs in a pod, as client-go decides it.
func inPod() bool {
	return os.Getenv("KUBERNETES_SERVICE_HOST") != "" && os.Getenv("KUBERNETES_SERVICE_PORT") != ""
}

func (o Options) complete() (Options, error) {
	o.Lease = cmp.Or(o.Lease, 15*time.Second).Truncate(time.Second)
	if o.Lease < 3*time.Second {
		return o, fmt.Errorf("a lease of %v leaves no time to renew it: 3s is the shortest", o.Lease)
	}
	if o.Config == nil {
		if !inPod() {
			return o, errors.New("this is no pod: set Options.Config, or Options.Alone for a process that is no fleet")
		}
		c, err := rest.InClusterConfig()
		if err != nil {
			return o, fmt.Errorf("how the API server is reached: %w", err)
		}
		o.Config = c
	}
	c := rest.CopyConfig(o.Config)
	c.Timeout = max(time.Second, o.Lease/3) // a server that hangs must not cost the term
	o.Config = c
	if o.Namespace == "" {
		name, err := os.ReadFile(namespaceFile)
		if err != nil {
			return o, fmt.Errorf("the namespace of this pod: %w; set Options.Namespace", err)
		}
		o.Namespace = strings.TrimSpace(string(name))
	}
	return o, nil
}
