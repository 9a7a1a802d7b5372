package bind

import (
	"crypto/subtle"
	"reflect"
)

// Secret is the underlying type of config.Secret, which this package cannot import.
type Secret struct {
	// A pointer, because fmt does not call String on an unexported field, and would
	// print a plain string.
	text *string
}

var secretType = reflect.TypeFor[Secret]()

// IsSecret reports whether a type is config.Secret.
func IsSecret(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.ConvertibleTo(secretType)
}

// NewSecret wraps a text.
func NewSecret(text string) Secret { return Secret{text: &text} }

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Masked returns "***", or "" for an empty secret.
func (s Secret) Masked() string {
	if s.Reveal() == "" {
		return ""
	}
	return "***"
}

// Equal reports whether the secret is this text, in time that does not depend on
// where they differ.
func (s Secret) Equal(text string) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(text)) == 1
}

// secretOf returns the secret in a value whose type satisfies IsSecret.
func secretOf(v reflect.Value) Secret { return v.Convert(secretType).Interface().(Secret) }
