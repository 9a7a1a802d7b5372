//go:build race

package e2e_test

// raceDetector reports whether the programs under test carry the race detector,
// which takes memory.
const raceDetector = true
