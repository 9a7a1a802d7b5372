package watch

import "testing"

func TestFileThatIsMountedByItself(t *testing.T) {
	const mounts = `22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw
31 22 0:27 / /etc/with\040blank/c.yaml rw - tmpfs tmpfs rw
`
	for path, want := range map[string]bool{"/etc/with blank/c.yaml": true, "/": true, "/etc": false, "/etc/c.yaml": false} {
		if got := isMountPoint(mounts, path); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	if mountedAlone(t.TempDir()) {
		t.Error("got a mount point, want none")
	}
}
