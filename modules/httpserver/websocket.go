package httpserver

import (
	"errors"
	"fmt"
	"reflect"
	"time"
)

// goingAway is the close status of a WebSocket whose server is going down (RFC
// 6455, 7.4.1).
const goingAway = 1001

// GoingAway closes a WebSocket with status 1001, by the method of its library. It
// supports the connections of gorilla/websocket, coder/websocket, lxzan/gws and
// golang.org/x/net/websocket without importing any of them, and returns
// errors.ErrUnsupported for another type. It blocks as long as that library's
// method does, with gorilla's for a second at most. It may be called while other
// goroutines read and write, as far as the library allows that for a close.
//
// A handler should read on until the peer's close has come (RFC 6455, 7.1.1), which
// ends its reads with an error: a connection that is closed while bytes wait to be
// read is reset (RFC 1122, 4.2.2.13), and the goodbye may be lost with it. With
// gorilla's library it must go on when a write fails with ErrCloseSent; gws closes
// by itself.
func GoingAway(ws any) error {
	switch ws := ws.(type) {
	case interface { // gorilla
		WriteControl(messageType int, data []byte, deadline time.Time) error
	}:
		const closeMessage = 8
		return ws.WriteControl(closeMessage, []byte{goingAway >> 8, goingAway & 0xff}, time.Now().Add(time.Second))
	case interface { // gws
		WriteClose(code uint16, reason []byte) error
	}:
		return ws.WriteClose(goingAway, nil)
	case interface{ WriteClose(status int) error }: // x/net
		return ws.WriteClose(goingAway)
	}
	return closeWithStatus(ws)
}

// closeWithStatus calls Close(status, reason) of coder/websocket, whose status has
// its own type.
func closeWithStatus(ws any) error {
	unsupported := fmt.Errorf("close a WebSocket of type %T: %w", ws, errors.ErrUnsupported)
	if ws == nil {
		return unsupported
	}
	m := reflect.ValueOf(ws).MethodByName("Close")
	if !m.IsValid() || m.Type().NumIn() != 2 || m.Type().NumOut() != 1 ||
		m.Type().In(0).Kind() != reflect.Int || m.Type().In(1).Kind() != reflect.String ||
		m.Type().Out(0) != reflect.TypeFor[error]() {
		return unsupported
	}
	status, reason := reflect.New(m.Type().In(0)).Elem(), reflect.New(m.Type().In(1)).Elem()
	status.SetInt(goingAway)
	err, _ := m.Call([]reflect.Value{status, reason})[0].Interface().(error)
	return err
}
