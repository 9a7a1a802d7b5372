package tlsmove

import (
	"testing"
	"time"
)

func TestCheckPasses(t *testing.T) {
	start := time.Now()
	if err := Check(); err != nil {
		t.Fatal(err)
	}
	t.Logf("took %v", time.Since(start))
}
