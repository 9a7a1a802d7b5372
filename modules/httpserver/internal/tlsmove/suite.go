package tlsmove

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"hash"
)

// suite is a cipher suite whose connections can move.
type suite struct {
	id     uint16
	tls13  bool
	keyLen int
	hash   func() hash.Hash
}

var suites = []suite{
	{tls.TLS_AES_128_GCM_SHA256, true, 16, sha256.New},
	{tls.TLS_AES_256_GCM_SHA384, true, 32, sha512.New384},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, false, 16, sha256.New},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, false, 16, sha256.New},
	{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, false, 32, sha512.New384},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, false, 32, sha512.New384},
	{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, false, 16, sha256.New},
	{tls.TLS_RSA_WITH_AES_256_GCM_SHA384, false, 32, sha512.New384},
}

// suiteOf returns the suite with the number id, or nil if its connections cannot
// move.
func suiteOf(id uint16) *suite {
	for i := range suites {
		if suites[i].id == id {
			return &suites[i]
		}
	}
	return nil
}

func (s *suite) version() uint16 {
	if s.tls13 {
		return tls.VersionTLS13
	}
	return tls.VersionTLS12
}

// secretLen returns the length of [Keys.Secret].
func (s *suite) secretLen() int {
	if s.tls13 {
		return s.hash().Size()
	}
	return s.keyLen + saltLen
}

const (
	tagLen   = 16 // of AES-GCM
	saltLen  = 4  // RFC 5288, section 3
	nonceLen = 8  // what a record of TLS 1.2 carries of its nonce
)

// overhead returns the bytes of a record besides its plaintext: in TLS 1.3 the type
// and the tag, in TLS 1.2 the nonce and the tag.
func (s *suite) overhead() int {
	if s.tls13 {
		return 1 + tagLen
	}
	return nonceLen + tagLen
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
