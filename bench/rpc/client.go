package rpc

import (
	"context"
	"io"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/status"
)

// Outcome is what became of a call.
type Outcome int

// The outcomes.
const (
	OK      Outcome = iota
	NotSent         // there was no connection to send it on
	Told            // the server said that it is stopping
	Lost
)

// outcome of an error. grpc-go repeats by itself what a server has refused to
// begin; of that only a dial that fails is left.
func outcome(err error) Outcome {
	s := status.Convert(err)
	switch {
	case err == nil:
		return OK
	case s.Code() == codes.Unavailable && strings.Contains(s.Message(), "while dialing"):
		return NotSent
	case s.Code() == codes.Unavailable && strings.Contains(s.Message(), "the server is stopping"):
		return Told
	}
	return Lost
}

// Client is one client with one connection.
type Client struct {
	conn *grpc.ClientConn
	testpb.TestServiceClient
}

// Dial returns a client of addr. A rate, in bytes per second, limits what it reads
// or writes; 0 is no limit.
func Dial(addr string, read, write int) (*Client, error) {
	cc, err := grpc.NewClient("passthrough:///"+addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)),
		grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
			nc, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
			if err == nil && read > 0 {
				err = nc.(*net.TCPConn).SetReadBuffer(16 << 10)
			}
			return &slowConn{nc, read, write}, err
		}))
	if err != nil {
		return nil, err
	}
	return &Client{cc, testpb.NewTestServiceClient(cc)}, nil
}

// Close closes the connection.
func (c *Client) Close() { _ = c.conn.Close() }

// Ready waits until the server answers.
func (c *Client) Ready(ctx context.Context) error {
	_, err := c.EmptyCall(ctx, &testpb.Empty{}, grpc.WaitForReady(true))
	return err
}

// Unary makes a call with so many bytes each way.
func (c *Client) Unary(send, receive int) Outcome {
	_, err := c.UnaryCall(context.Background(), &testpb.SimpleRequest{
		Payload: &testpb.Payload{Body: make([]byte, send)}, ResponseSize: int32(receive)})
	return outcome(err)
}

// Echo exchanges a message every 20 ms until the stream ends or ctx does, and
// returns how it ended: OK when the client ended it.
func (c *Client) Echo(ctx context.Context) Outcome {
	whole, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := c.FullDuplexCall(whole)
	if err != nil {
		return outcome(err)
	}
	for ctx.Err() == nil {
		err := s.Send(&testpb.StreamingOutputCallRequest{})
		if err == nil || err == io.EOF { // the status comes with Recv
			_, err = s.Recv()
		}
		if err != nil {
			return outcome(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return OK
}

// slowConn moves a bit at a time.
type slowConn struct {
	net.Conn
	read, write int // bytes per second, 0 for no limit
}

const tick = 20 * time.Millisecond

func (c *slowConn) Read(p []byte) (int, error) {
	if c.read > 0 {
		time.Sleep(tick)
		p = p[:min(len(p), c.read/50)]
	}
	return c.Conn.Read(p)
}

func (c *slowConn) Write(p []byte) (n int, err error) {
	for c.write > 0 && len(p) > c.write/50 {
		m, err := c.Conn.Write(p[:c.write/50])
		n, p = n+m, p[m:]
		if err != nil {
			return n, err
		}
		time.Sleep(tick)
	}
	m, err := c.Conn.Write(p)
	return n + m, err
}
