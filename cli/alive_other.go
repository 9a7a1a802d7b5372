//go:build !unix

package cli

// alive is not told here without asking for rights; nobody waits then.
func alive(int) bool { return false }
