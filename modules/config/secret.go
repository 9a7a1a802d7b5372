package config

import (
	"fmt"
	"log/slog"

	"github.com/gracefulfx/graceful/modules/config/internal/bind"
)

// Secret is text that does not show itself: printed, logged or marshalled it
// is "***", and "" when it is empty. Only Reveal gives the text.
//
// A Secret may also come from a file: NAME_FILE in the environment where NAME
// would hold the text itself, or a systemd credential named after its key
// ("db.token"). One line end at the end of such a file is not part of the secret.
//
// It does not keep the text out of core dumps or of the heap. Compare with
// Equal: == compares identity.
type Secret bind.Secret

var (
	_ fmt.Formatter  = Secret{}
	_ slog.LogValuer = Secret{}
)

// NewSecret wraps a text, for defaults and tests.
func NewSecret(text string) Secret { return Secret(bind.NewSecret(text)) }

// Reveal returns the text itself.
func (s Secret) Reveal() string { return bind.Secret(s).Reveal() }

// Equal compares with a text in time that does not depend on where they differ.
func (s Secret) Equal(text string) bool { return bind.Secret(s).Equal(text) }

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String returns "***", or "" for an empty secret.
func (s Secret) String() string { return bind.Secret(s).Masked() }

// Format prints "***" for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText returns "***"; encoding/json, YAML and XML use it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns "***" for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
