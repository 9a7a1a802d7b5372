//go:build race

package e2e_test

// raceDetector reports whether the programs under test are built with the race
// detector, which takes memory.
const raceDetector = true
