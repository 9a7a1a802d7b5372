package override

import "strings"

// SetByKubernetes reports whether Kubernetes sets such a variable in every pod for
// a service: NAME_SERVICE_HOST, NAME_SERVICE_PORT_X, NAME_PORT=tcp://... and
// NAME_PORT_80_TCP_ADDR.
func SetByKubernetes(name, value string) bool {
	for _, scheme := range []string{"tcp://", "udp://", "sctp://"} {
		if strings.HasPrefix(value, scheme) && strings.Contains(name, "_PORT") {
			return true
		}
	}
	return strings.HasSuffix(name, "_SERVICE_HOST") || strings.Contains(name, "_SERVICE_PORT") ||
		strings.Contains(name, "_PORT_") && (strings.Contains(name, "_TCP") || strings.Contains(name, "_UDP") || strings.Contains(name, "_SCTP"))
}
