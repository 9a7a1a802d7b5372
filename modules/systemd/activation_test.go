package systemd

var programs = map[string]func() int{}
