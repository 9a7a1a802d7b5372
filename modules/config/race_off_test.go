//go:build !race

package config

// raceDetector multiplies what memory costs.
const raceDetector = false
