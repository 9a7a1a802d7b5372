package unixsocket

import "golang.org/x/sys/unix"

func credentials(fd int) (p Peer, err error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return Peer{}, err
	}
	for _, id := range cred.Groups[:min(int(cred.Ngroups), len(cred.Groups))] {
		p.GIDs = append(p.GIDs, int(id))
	}
	p.UID = int(cred.Uid)
	p.PID, err = unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	return p, err
}
