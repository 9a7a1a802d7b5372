package logging

import (
	"fmt"
	"os"
	"syscall"
)

// isJournal reports whether f is the stream that the service manager connected to
// the journal. stream is the value of JOURNAL_STREAM, device and inode
// (systemd.exec(5)). A child whose output goes elsewhere has the variable too.
func isJournal(f *os.File, stream string) bool {
	info, err := f.Stat()
	if err != nil || stream == "" {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && stream == fmt.Sprintf("%d:%d", st.Dev, st.Ino)
}
