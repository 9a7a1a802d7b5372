package cli_test

import "os/exec"

func ownFamily(*exec.Cmd) {}

func killFamily(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
