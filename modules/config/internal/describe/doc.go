// Package describe writes the settings of a program as a sample file in YAML and as
// a JSON Schema. A [Page] holds the settings; it reads no file and no environment.
package describe
