// Package tickets has the keys with which a TLS server encrypts session tickets.
// They outlive a reload and an upgrade, so that returning clients resume their
// sessions instead of doing full handshakes, all at the same time.
//
// crypto/tls rotates keys that it has made itself, but not those that it was given.
// So this package rotates them: it makes a new key each day and keeps the last
// seven, since a ticket may live for seven days (RFC 8446, section 4.6.1).
package tickets

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
	"time"
)

const (
	period = 24 * time.Hour // of a key
	kept   = 7              // keys
)

// Keys are the keys of one server. Its methods may be called by several
// goroutines at once.
type Keys struct {
	mu  sync.Mutex // guards all
	all []key      // the newest first, never empty
}

type key struct {
	secret [32]byte
	made   time.Time
}

// New returns Keys with one fresh key.
func New() *Keys { return &Keys{all: []key{newKey()}} }

func newKey() (k key) {
	_, _ = rand.Read(k.secret[:]) // never fails
	k.made = time.Now()
	return k
}

// Secrets returns the keys for [tls.Config.SetSessionTicketKeys].
func (k *Keys) Secrets() [][32]byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	secrets := make([][32]byte, len(k.all))
	for i := range k.all {
		secrets[i] = k.all[i].secret
	}
	return secrets
}

// Rotate rotates the keys until ctx ends. It calls changed at once, and after each
// change.
func (k *Keys) Rotate(ctx context.Context, changed func()) {
	for {
		next := k.renew()
		changed()
		timer := time.NewTimer(next)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// renew makes a key if the newest is a day old, drops those that are too old, and
// returns the time until the next one is due.
func (k *Keys) renew() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if !now.Before(k.all[0].made.Add(period)) {
		k.all = append([]key{newKey()}, k.all...)
	}
	for last := len(k.all) - 1; last >= kept || last > 0 && !now.Before(k.all[last].made.Add(kept*period)); last-- {
		clear(k.all[last].secret[:])
		k.all = k.all[:last]
	}
	return k.all[0].made.Add(period).Sub(now)
}

// The encoding: for each key when it was made, in seconds since 1970, and the
// secret.
const keyLen = 8 + 32

// MaxEncoded is the most bytes that Encode returns.
const MaxEncoded = kept * keyLen

// Encode returns the keys for another process. The caller zeroes them after use.
func (k *Keys) Encode() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	b := make([]byte, 0, MaxEncoded)
	for _, one := range k.all[:min(len(k.all), kept)] {
		b = binary.BigEndian.AppendUint64(b, uint64(one.made.Unix()))
		b = append(b, one.secret[:]...)
	}
	return b
}

// errEncoding is the error of Decode.
var errEncoding = errors.New("keys of session tickets: malformed encoding")

// Decode reads what Encode has written. It keeps no part of b.
func Decode(b []byte) (*Keys, error) {
	if len(b) == 0 || len(b) > MaxEncoded || len(b)%keyLen != 0 {
		return nil, errEncoding
	}
	k := &Keys{}
	for ; len(b) > 0; b = b[keyLen:] {
		one := key{secret: [32]byte(b[8:keyLen])}
		made := int64(binary.BigEndian.Uint64(b))
		if one.made = time.Unix(made, 0); one.secret == ([32]byte{}) || one.made.After(time.Now().Add(period)) {
			return nil, errEncoding // a key that is all zeros, or that would never be renewed
		}
		k.all = append(k.all, one)
	}
	return k, nil
}
