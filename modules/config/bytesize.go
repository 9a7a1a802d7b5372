package config

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes. A file may say it with a unit: 64MiB, 1.5GiB,
// 10kB, 512. KiB, MiB, GiB, TiB and PiB are powers of 1024, kB, MB, GB, TB and PB
// those of 1000; K, M, G, T, P and Ki to Pi, as in Kubernetes, are read as well.
// Case counts only where it tells m from M: there is no milli.
type ByteSize uint64

var byteUnits = map[string]uint64{
	"": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12, "p": 1e15, "pb": 1e15,
	"ki": 1 << 10, "kib": 1 << 10, "mi": 1 << 20, "mib": 1 << 20, "gi": 1 << 30, "gib": 1 << 30,
	"ti": 1 << 40, "tib": 1 << 40, "pi": 1 << 50, "pib": 1 << 50,
}

var byteSize = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?(?:[eE]\+?[0-9]+)?) ?([A-Za-z]*)$`)

// UnmarshalText reads a number with or without a unit. What does not come out as a
// whole number of bytes is an error.
func (b *ByteSize) UnmarshalText(text []byte) error {
	m := byteSize.FindStringSubmatch(strings.TrimSpace(string(text)))
	if m == nil {
		return errors.New(`is no number of bytes; write for example "64MiB"`)
	}
	unit, ok := byteUnits[strings.ToLower(m[2])]
	if !ok || m[2] == "m" {
		return fmt.Errorf(`the unit %q is none; write for example "64MiB"`, m[2])
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
		return errors.New("is no whole number of bytes")
	}
	*b = ByteSize(f)
	return nil
}

// MarshalText writes the size as String does.
func (b ByteSize) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// String writes the size with the largest unit of which it is a multiple: 64MiB,
// 10kB as 10000.
func (b ByteSize) String() string {
	n, unit := uint64(b), 0
	for ; n != 0 && n%1024 == 0 && unit < 5; unit++ {
		n /= 1024
	}
	return strconv.FormatUint(n, 10) + []string{"", "KiB", "MiB", "GiB", "TiB", "PiB"}[unit]
}
