package proc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Event is what the kernel can count of a process.
type Event struct {
	kind   uint32
	config uint64
}

var (
	// Instructions are those executed, in the kernel too. Many virtual machines
	// cannot count them.
	Instructions = Event{unix.PERF_TYPE_HARDWARE, unix.PERF_COUNT_HW_INSTRUCTIONS}
	// TaskClock is the time on a processor, in nanoseconds.
	TaskClock = Event{unix.PERF_TYPE_SOFTWARE, unix.PERF_COUNT_SW_TASK_CLOCK}
)

// A Counter counts an event in all threads of a process, also in those that
// it starts later.
type Counter struct{ files []int }

// Count begins to count. The error wraps errors.ErrUnsupported where this
// machine, or the rights of this process, do not allow it.
func Count(pid int, e Event) (*Counter, error) {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil, fmt.Errorf("count in process %d: %w", pid, err)
	}
	c := &Counter{}
	for _, t := range threads {
		tid, _ := strconv.Atoi(t.Name())
		attr := unix.PerfEventAttr{Type: e.kind, Config: e.config, Bits: unix.PerfBitInherit}
		attr.Size = uint32(unsafe.Sizeof(attr))
		fd, err := unix.PerfEventOpen(&attr, tid, -1, -1, unix.PERF_FLAG_FD_CLOEXEC)
		switch {
		case err == nil:
			c.files = append(c.files, fd)
		case errors.Is(err, unix.ESRCH): // the thread is gone
		default:
			c.Close()
			return nil, fmt.Errorf("count in process %d: %w: %w", pid, err, errors.ErrUnsupported)
		}
	}
	return c, nil
}

// Value is the count since Count.
func (c *Counter) Value() (uint64, error) {
	var sum uint64
	for _, fd := range c.files {
		var b [8]byte
		if _, err := unix.Read(fd, b[:]); err != nil {
			return 0, fmt.Errorf("read a counter: %w", err)
		}
		sum += binary.NativeEndian.Uint64(b[:])
	}
	return sum, nil
}

// Close ends the counting.
func (c *Counter) Close() {
	for _, fd := range c.files {
		unix.Close(fd)
	}
	c.files = nil
}
