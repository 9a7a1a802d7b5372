package listener

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holderOf names the process that listens on a TCP port, as far as this process may
// know: another user's is hidden.
func holderOf(port int) string {
	inode := listeningInode(port)
	if inode == "" {
		return ""
	}
	want := "socket:[" + inode + "]"
	fds, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err != nil || target != want {
			continue
		}
		pid := strings.Split(fd, "/")[2]
		if pid == strconv.Itoa(os.Getpid()) {
			return "this very process"
		}
		name, _ := os.ReadFile("/proc/" + pid + "/comm")
		return fmt.Sprintf("pid %s (%s)", pid, strings.TrimSpace(string(name)))
	}
	return ""
}

// listeningInode finds the socket that listens on port in the kernel's tables,
// whose columns are: number, local address, remote address, state, ..., inode (the
// tenth).
func listeningInode(port int) string {
	const listen = "0A"
	suffix := fmt.Sprintf(":%04X", port)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(table)
		if err != nil {
			continue
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			col := strings.Fields(lines.Text())
			if len(col) > 9 && col[3] == listen && strings.HasSuffix(col[1], suffix) {
				return col[9]
			}
		}
	}
	return ""
}
