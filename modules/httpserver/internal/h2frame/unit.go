package h2frame

// unitSize is the size of the units of which a payload consists, for the frames
// that are decoded: a setting, the data of a PING, the increment of a window.
var unitSize = [...]int{Settings: 6, Ping: 8, WindowUpdate: 4}

// Unit collects the units of a payload, in whatever pieces they come.
type Unit struct {
	data [8]byte
	size int // 0: the frame is not decoded
	have int
}

// Begin is called when the head of a frame is complete.
func (u *Unit) Begin(p *Parser) {
	u.size, u.have = 0, 0
	if t := int(p.Type()); t < len(unitSize) {
		u.size = unitSize[t]
	}
}

// Feed takes a part of the payload and calls whole with each complete unit.
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
