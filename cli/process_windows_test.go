package cli_test

import (
	"os"
	"os/exec"
)

func ownFamily(*exec.Cmd) {}

func killFamily(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}
