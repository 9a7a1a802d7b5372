package upgrade

import "os"

// runAsProgram does not return if this process is one that a test has started.
func runAsProgram() {
	if dir := os.Getenv(programEnv); dir != "" {
		runProgram(dir)
	}
}
