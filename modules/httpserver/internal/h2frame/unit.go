package h2frame

// unitSize is the size of what the payload of a frame consists of, for the frames
// that are looked into: a setting, the data of a PING, the increment of a window.
var unitSize = [...]int{Settings: 6, Ping: 8, WindowUpdate: 4}

// Unit collects what the payload of a frame consists of, in whatever pieces it
// comes.
type Unit struct {
	data [8]byte
	size int // 0: the frame is not looked into
	have int
}

// Begin is called when the head of a frame is complete.
func (u *Unit) Begin(p *Parser) {
	u.size, u.have = 0, 0
	if t := int(p.Type()); t < len(unitSize) {
		u.size = unitSize[t]
	}
}

// Feed takes a part of the payload and calls whole with each unit that is complete.
func (u *Unit) Feed(b []byte, whole func([]byte)) {
	for u.size > 0 && len(b) > 0 {
		n := copy(u.data[u.have:u.size], b)
		u.have += n
		b = b[n:]
		if u.have == u.size {
			u.have = 0
			whole(u.data[:u.size])
		}
	}
}
