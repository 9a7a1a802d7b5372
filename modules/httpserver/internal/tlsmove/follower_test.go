package tlsmove

import (
	"crypto/sha256"
	"errors"
	"testing"
)

// A process may refuse the cipher of a connection, as with GODEBUG=fips140=only.
// Such a connection goes on, and does not move.
func TestConnectionWhoseCipherIsRefusedDoesNotMove(t *testing.T) {
	tap := newTap(nil)
	tap.suite = &suite{tls13: true, keyLen: 7, hash: sha256.New} // AES has no such key
	secret := make([]byte, sha256.Size)
	tap.secrets.client, tap.secrets.server = secret, secret
	record := make([]byte, headerLen+alertLen)
	copy(record, []byte{byte(typeData), 3, 3, 0, alertLen})
	for range 2 {
		tap.out.follow(record)
	}
	tap.established()
	tap.out.follow(record)
	if _, _, err := tap.export(0, 0); !errors.Is(err, ErrUncertain) {
		t.Errorf("Export: %v, want %v", err, ErrUncertain)
	}
}
