package process

import "os"

func pid() int { return os.Getpid() }

func write(int, string) {}

func closeOnExec(int) {}

func findSupervisor() *Supervisor { return nil }
