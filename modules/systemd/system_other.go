//go:build !linux

package systemd

import "time"

const supported = false

func rights(...int) []byte { return nil }

func monotonic() (time.Duration, bool) { return 0, false }

func pidfdInode(int) (uint64, bool) { return 0, false }

func errnoOf(error) int { return 0 }
