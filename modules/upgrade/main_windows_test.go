package upgrade

func runAsProgram() {}
