package config

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"

	"github.com/gracefulfx/graceful/internal/lazy"
	"github.com/gracefulfx/graceful/modules/config/internal/bind"
)

// A Secret is a text that is not shown: printed, logged or marshalled it is "***",
// or "" when it is empty. Only Reveal returns the text.
//
// A Secret may also come from a file: NAME_FILE in the environment where NAME
// would hold the text itself, or a systemd credential named after its key
// ("db.token"). One line end at the end of such a file is not part of the secret.
//
// It does not keep the text out of the heap or of core dumps. Compare with Equal:
// == compares identity.
type Secret bind.Secret

var (
	_ fmt.Formatter  = Secret{}
	_ slog.LogValuer = Secret{}
)

// NewSecret wraps a text, for defaults and tests.
func NewSecret(text string) Secret { return Secret(bind.NewSecret(text)) }

// Reveal returns the text itself.
func (s Secret) Reveal() string { return bind.Secret(s).Reveal() }

// Equal reports whether the secret is this text, in time that does not depend on
// where they differ.
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

// A FileRef is the path of a file whose content belongs to the configuration: a
// certificate, a key, a word list. The content is read together with the
// configuration and is part of its hash, and a change of the file is a change of
// the setting. A relative path is relative to the directory of the file that names
// it.
type FileRef bind.File

// Path returns the path of the file, or "" when none is named.
func (f FileRef) Path() string { return bind.File(f).Path() }

// Bytes returns the content; treat it as read-only.
func (f FileRef) Bytes() []byte { return bind.File(f).Content() }

// IsZero reports whether no file is named.
func (f FileRef) IsZero() bool { return f.Path() == "" }

// String returns the path.
func (f FileRef) String() string { return bind.File(f).Path() }

// MarshalText returns the path.
func (f FileRef) MarshalText() ([]byte, error) { return []byte(f.Path()), nil }

// A ByteSize is a number of bytes. A file may write it with a unit: 64MiB, 1.5GiB,
// 10kB, 512. KiB, MiB, GiB, TiB and PiB are powers of 1024, kB, MB, GB, TB and PB
// those of 1000; K, M, G, T, P and Ki to Pi, as in Kubernetes, are read as well.
// Case matters only between m and M: there is no milli.
type ByteSize uint64

var byteUnits = map[string]uint64{
	"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12, "p": 1e15, "pb": 1e15,
	"ki": 1 << 10, "kib": 1 << 10, "mi": 1 << 20, "mib": 1 << 20, "gi": 1 << 30, "gib": 1 << 30,
	"ti": 1 << 40, "tib": 1 << 40, "pi": 1 << 50, "pib": 1 << 50,
}

var byteSize = lazy.Regexp(`^([0-9]+(?:\.[0-9]+)?(?:[eE]\+?[0-9]+)?) ?([A-Za-z]*)$`)

// UnmarshalText reads a number with or without a unit. A size that is not a whole
// number of bytes is an error.
func (b *ByteSize) UnmarshalText(text []byte) error {
	m := byteSize().FindStringSubmatch(strings.TrimSpace(string(text)))
	if m == nil {
		return errors.New(`is not a number of bytes; write for example "64MiB"`)
	}
	unit, ok := byteUnits[strings.ToLower(m[2])]
	if !ok || m[2] == "m" {
		return fmt.Errorf(`%q is not a unit; write for example "64MiB"`, m[2])
	}
	if n, err := strconv.ParseUint(m[1], 10, 64); err == nil {
		if n > math.MaxUint64/unit {
			return fmt.Errorf("is more than %d bytes", uint64(math.MaxUint64))
		}
		*b = ByteSize(n * unit)
		return nil
	}
	f, err := strconv.ParseFloat(m[1], 64)
	f *= float64(unit)
	switch {
	case err != nil || f >= math.MaxUint64:
		return fmt.Errorf("is more than %d bytes", uint64(math.MaxUint64))
	case f != math.Trunc(f):
		return errors.New("is not a whole number of bytes")
	}
	*b = ByteSize(f)
	return nil
}

// MarshalText writes the size as String does.
func (b ByteSize) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// String writes the size with the largest binary unit of which it is a multiple:
// 64MiB, but 10kB as 10000.
func (b ByteSize) String() string {
	n, unit := uint64(b), 0
	for ; n != 0 && n%1024 == 0 && unit < 5; unit++ {
		n /= 1024
	}
	return strconv.FormatUint(n, 10) + []string{"", "KiB", "MiB", "GiB", "TiB", "PiB"}[unit]
}
