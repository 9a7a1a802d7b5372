package tlsmove

import (
	"crypto/hkdf"
	"crypto/hmac"
	"encoding/binary"
	"hash"
)

// expandLabel is HKDF-Expand-Label with an empty context: RFC 8446, section 7.1.
func expandLabel(s *suite, secret []byte, label string, n int) ([]byte, error) {
	label = "tls13 " + label
	info := binary.BigEndian.AppendUint16(make([]byte, 0, 4+len(label)), uint16(n))
	info = append(info, byte(len(label)))
	info = append(info, label...)
	info = append(info, 0)
	return hkdf.Expand(s.hash, secret, string(info), n)
}

// prf12 is the pseudorandom function of TLS 1.2: RFC 5246, section 5.
func prf12(h func() hash.Hash, secret []byte, label string, seed []byte, n int) []byte {
	seed = append([]byte(label), seed...)
	mac := hmac.New(h, secret)
	sum := func(parts ...[]byte) []byte {
		mac.Reset()
		for _, p := range parts {
			mac.Write(p)
		}
		return mac.Sum(nil)
	}
	out := make([]byte, 0, n+mac.Size())
	for a := sum(seed); len(out) < n; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:n]
}

// keysOf12 divides the key block of TLS 1.2 for AES-GCM: the keys of client and
// server, then their salts. RFC 5246, section 6.3; there are no MAC keys.
func keysOf12(s *suite, master, clientRandom, serverRandom []byte) (client, server []byte) {
	seed := append(append([]byte{}, serverRandom...), clientRandom...)
	k := s.keyLen
	block := prf12(s.hash, master, "key expansion", seed, 2*k+2*saltLen)
	salts := block[2*k:]
	client = append(append([]byte{}, block[:k]...), salts[:saltLen]...)
	server = append(append([]byte{}, block[k:2*k]...), salts[saltLen:]...)
	clear(block)
	return client, server
}
