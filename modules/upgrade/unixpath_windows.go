package upgrade

func isAddrInUse(error) bool { return false }
func isRefused(error) bool   { return false }

func lockDir(string) func() { return func() {} }
