package respwriter

import (
	"net/http/httptest"
	"testing"
)

func TestUntouchedSaysNoToWritersItDoesNotKnow(t *testing.T) {
	if Untouched(httptest.NewRecorder()) {
		t.Error("got true for a writer of which nothing is known")
	}
}
