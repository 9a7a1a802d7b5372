package graceful

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/fx"
)

// Without a supervisor the process goes on, and its environment no longer asks for
// one.
func TestSupervisorIsNotUsedWhere(t *testing.T) {
	for name, tt := range map[string]struct{ value, variable, other, says string }{
		"it is false":           {value: "false"},
		"systemd follows":       {value: "true", variable: "NOTIFY_SOCKET", other: "/run/notify", says: "systemd follows upgrades by itself"},
		"another is named":      {},
		"systemd opens sockets": {value: "true", variable: "LISTEN_PID", other: "self", says: "systemd follows upgrades by itself"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.value != "" {
				t.Setenv("SHOP_UPGRADE_SUPERVISE", tt.value)
			}
			if tt.variable != "" {
				t.Setenv(tt.variable, strings.ReplaceAll(tt.other, "self", strconv.Itoa(os.Getpid())))
			}
			var stderr strings.Builder
			code, supervised := supervise("shop", &stderr)
			if code != 0 || supervised {
				t.Errorf("got %d, %v", code, supervised)
			}
			if got := stderr.String(); tt.says == "" && got != "" || !strings.Contains(got, tt.says) {
				t.Errorf("standard error %q, want %q", got, tt.says)
			}
			if v, ok := os.LookupEnv("SHOP_UPGRADE_SUPERVISE"); ok {
				t.Errorf("the variable is still %q", v)
			}
		})
	}
}

func TestNameIsFoundAmongTheOptions(t *testing.T) {
	ran := false
	invoke := fx.Invoke(func() { ran = true })
	if got := nameAmong(invoke, Name("shop")); got != "shop" || ran {
		t.Errorf("got %q, and the application ran: %v", got, ran)
	}
	if got := nameAmong(); got != "app" {
		t.Errorf("without a name: got %q", got)
	}
}
