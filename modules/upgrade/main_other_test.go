//go:build !linux

package upgrade

func runAsProgram() {}
