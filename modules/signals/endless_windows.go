package signals

func endless() Table { return nil }
