package upgrade

import (
	"errors"
	"net"
	"os"
)

const supported = false

func socketPair() (*net.UnixConn, int, error) { return nil, -1, errors.ErrUnsupported }

func connOf(int) (*net.UnixConn, error) { return nil, errors.ErrUnsupported }

func isLine(int) bool { return false }

func closeOnExec(int) {}

func startProcess(string, []string, []string, string, int, *lineage) (*os.Process, error) {
	return nil, errors.ErrUnsupported
}

func askToEnd(p *os.Process) { _ = p.Kill() }
func kill(p *os.Process)     { _ = p.Kill() }

func duplicate(any) (int, error) { return -1, errors.ErrUnsupported }

func isHangup(error) bool { return false }
