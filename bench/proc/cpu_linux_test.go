package proc

import (
	"os"
	"testing"
	"time"
)

func TestCPUGrowsWithWork(t *testing.T) {
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const work = 20 * time.Millisecond
	for end := time.Now().Add(20 * time.Second); ; {
		after, err := CPU(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if after-before > work {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("got %v of processor time, want more than %v", after-before, work)
		}
	}
}
