//go:build !linux

package systemd

import "errors"

func adopt(int, []string) ([]*descriptor, error) { return nil, errors.ErrUnsupported }
