package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// A response as the servers here write it: with a Content-Length, without
// trailers. net/http's reader would cost the client more than the server.
type response struct {
	status int
	close  bool
	pid    int // of the process that answered, 0 if it does not say
	body   []byte
}

var errMalformed = errors.New("malformed response")

// PIDHeader is in which the handler of package handler names its process.
const PIDHeader = "X-Pid"

func (s *socket) read() (response, error) {
	var res response
	line, err := s.line()
	if err != nil {
		return res, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return res, fmt.Errorf("%w: %q", errMalformed, line)
	}
	if res.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return res, fmt.Errorf("%w: %q", errMalformed, line)
	}
	length := -1
	for {
		if line, err = s.line(); err != nil {
			return res, err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return res, fmt.Errorf("%w: content length %q", errMalformed, value)
			}
		case bytes.EqualFold(name, []byte("Connection")):
			res.close = bytes.EqualFold(value, []byte("close"))
		case bytes.EqualFold(name, []byte(PIDHeader)):
			res.pid, _ = strconv.Atoi(string(value))
		}
	}
	if length < 0 {
		return res, fmt.Errorf("%w: no content length", errMalformed)
	}
	if cap(s.buf) < length {
		s.buf = make([]byte, length)
	}
	res.body = s.buf[:length]
	_, err = io.ReadFull(s.br, res.body)
	return res, err
}

// readForeign reads a response of any server, in any framing of HTTP/1.
func (s *socket) readForeign() (response, error) {
	r, err := http.ReadResponse(s.br, nil)
	if err != nil {
		return response{}, err
	}
	defer r.Body.Close()
	_, err = io.Copy(io.Discard, r.Body)
	return response{status: r.StatusCode, close: r.Close}, err
}

// line returns the next line without its end; it is valid until the next read.
func (s *socket) line() ([]byte, error) {
	line, err := s.br.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}
