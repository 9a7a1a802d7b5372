// Package describe writes what there is to set: a sample file in YAML, and a JSON
// Schema. A [Page] knows the settings; it reads no file and no environment.
package describe
