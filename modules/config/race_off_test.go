//go:build !race

package config

// raceDetector multiplies the limit of memory.
const raceDetector = false
