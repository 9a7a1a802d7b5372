// Package httpserver breaks the rules of the house on purpose.
package httpserver

// Listen is documented where nobody on another system sees it.
func Listen() {}
