package output

func broken() []string { return nil }
