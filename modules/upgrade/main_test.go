package upgrade

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	runAsProgram()
	goleak.VerifyTestMain(m)
}
