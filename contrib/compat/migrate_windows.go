package compat

var systemPrograms map[string]func()
