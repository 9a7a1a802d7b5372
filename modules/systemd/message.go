package systemd

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxStatus keeps a message under the 4096 bytes above which the manager (its
// NOTIFY_BUFFER_MAX) drops it as a whole, READY=1 and all.
const maxStatus = 1024

// lines returns one message: assignments, one a line. Empty ones are left out.
func lines(assignments ...string) string {
	kept := assignments[:0:0]
	for _, a := range assignments {
		if a != "" {
			kept = append(kept, a)
		}
	}
	return strings.Join(kept, "\n")
}

// status returns the assignment of a line for people. Its text may come from
// outside, so it is reduced to one line, which cannot carry another assignment.
func status(text string) string { return "STATUS=" + oneLine(text, maxStatus) }

// oneLine returns text as one line of UTF-8 without control characters, limit bytes
// long at most.
func oneLine(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= limit {
		return text
	}
	const dots = "..."
	cut := limit - len(dots)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + dots
}

func usec(key string, d time.Duration) string {
	return key + "=" + strconv.FormatInt(d.Microseconds(), 10)
}

// reloading returns the message that begins a reload. Without the time,
// Type=notify-reload ignores it: the time tells this reload from one that began
// before the manager's request.
func reloading(text string) string {
	at := ""
	if now, ok := monotonic(); ok {
		at = usec("MONOTONIC_USEC", now)
	}
	return lines("RELOADING=1", at, status(text))
}

// mainPID names the main process of the service in such a way that it is not
// mistaken for another process with the same number.
func mainPID(pid int) string {
	id := ""
	if inode, ok := pidfdInode(pid); ok {
		id = "MAINPIDFDID=" + strconv.FormatUint(inode, 10)
	}
	return lines("MAINPID="+strconv.Itoa(pid), id)
}
