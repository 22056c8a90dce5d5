//go:build race

package cli_test

// raceDetector says whether these tests run with the race detector; then the binary does too.
const raceDetector = true
