package gate

// outOfDescriptors is false: handles are not limited here.
func outOfDescriptors(error) bool { return false }
