package config

import "github.com/gracefulfx/graceful/modules/config/internal/bind"

// FileRef is the path of a file whose content belongs to the configuration: a
// certificate, a key, a word list. The content is read together with the
// configuration, is part of its hash, and a change of the file is a change of
// the setting. A relative path is relative to the file that names it.
type FileRef bind.File

// Path returns the path of the file, or "" when none is named.
func (f FileRef) Path() string { return bind.File(f).Path() }

// Bytes returns the content; treat it as read-only.
func (f FileRef) Bytes() []byte { return bind.File(f).Content() }

// IsZero reports that no file is named.
func (f FileRef) IsZero() bool { return f.Path() == "" }

// String returns the path.
func (f FileRef) String() string { return bind.File(f).Path() }

// MarshalText returns the path.
func (f FileRef) MarshalText() ([]byte, error) { return []byte(f.Path()), nil }
