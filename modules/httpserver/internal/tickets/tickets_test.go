package tickets

import (
	"bytes"
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A key lasts a day, and decrypts tickets for a week.
func TestKeysRotateDailyAndLastAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := New()
		ctx, cancel := context.WithCancel(t.Context())
		var changes atomic.Int32
		done := make(chan struct{})
		go func() { defer close(done); k.Rotate(ctx, func() { changes.Add(1) }) }()
		synctest.Wait()
		first := k.Secrets()[0]
		for day := range 20 {
			now := k.Secrets()
			if want := min(day+1, kept); len(now) != want || changes.Load() != int32(day+1) {
				t.Fatalf("day %d: %d keys after %d changes, want %d", day, len(now), changes.Load(), want)
			}
			if has := slices.Contains(now, first); has != (day < kept) {
				t.Fatalf("day %d: the first key is there: %v", day, has)
			}
			time.Sleep(period)
			synctest.Wait()
			if after := k.Secrets(); after[0] == now[0] || after[1] != now[0] {
				t.Fatalf("day %d: the newest key does not come first", day)
			}
		}
		cancel()
		<-done
	})
}

// A process that has been down for longer than a week keeps one key at most.
func TestOldKeysAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := New()
		old := k.Secrets()[0]
		time.Sleep(8 * period)
		k.renew()
		if now := k.Secrets(); len(now) != 1 || now[0] == old {
			t.Errorf("%d keys, the old one among them: %v", len(now), slices.Contains(now, old))
		}
	})
}

// In another process the keys are the same, and their ages go on.
func TestEncodedKeysAreDecoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := New()
		for range 10 {
			time.Sleep(period)
			k.renew()
		}
		time.Sleep(period / 2)
		b := k.Encode()
		again, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		clear(b)
		if !slices.Equal(again.Secrets(), k.Secrets()) {
			t.Error("the keys are others")
		}
		if next := again.renew(); next != period/2 {
			t.Errorf("the next key is due in %v, want %v", next, period/2)
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	good := New().Encode()
	future := bytes.Clone(good)
	future[0] = 0x10
	for name, b := range map[string][]byte{
		"nothing":         nil,
		"cut":             good[:keyLen-1],
		"more":            append(bytes.Clone(good), 0),
		"too many":        bytes.Repeat(good, kept+1),
		"zeros":           make([]byte, keyLen),
		"from the future": future,
		"a key of zeros":  append(bytes.Clone(good[:8]), make([]byte, 32)...),
		"other bytes":     []byte("0123456789"),
	} {
		if _, err := Decode(b); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Decode(good); err != nil {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(New().Encode())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := Decode(b)
		if err == nil && !bytes.Equal(k.Encode(), b) {
			t.Error("decoded, but encoded to something else")
		}
	})
}
