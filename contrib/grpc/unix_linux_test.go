package grpcserver_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/peer"

	"github.com/gracefulfx/graceful/contrib/grpc"
)

// peerCredentials takes the user of the client from its unix socket, as
// unix(7) has it with SO_PEERCRED.
type peerCredentials struct {
	credentials.TransportCredentials
}

type userInfo struct {
	credentials.CommonAuthInfo
	uid uint32
}

func (userInfo) AuthType() string { return "unix" }

func (p peerCredentials) ServerHandshake(nc net.Conn) (net.Conn, credentials.AuthInfo, error) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil, nil, errors.New("no socket behind the connection")
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	var cred *syscall.Ucred
	if cerr := raw.Control(func(fd uintptr) {
		cred, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); cerr != nil || err != nil {
		return nil, nil, errors.Join(cerr, err)
	}
	return nc, userInfo{credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity}, cred.Uid}, nil
}

func (p peerCredentials) Clone() credentials.TransportCredentials { return p }

func TestCredentialsReachTheUnixSocket(t *testing.T) {
	uid := -1
	s := &service{unary: func(ctx context.Context) error {
		if p, ok := peer.FromContext(ctx); ok {
			uid = int(p.AuthInfo.(userInfo).uid)
		}
		return nil
	}}
	path := filepath.Join(t.TempDir(), "s")
	x := newAppAt(t, "unix:"+path, s, grpcserver.Options(grpc.Creds(peerCredentials{insecure.NewCredentials()}))).Start()
	cc, err := grpc.NewClient("unix:"+path, insecureCredentials())
	if err != nil {
		t.Fatal(err)
	}
	defer cc.Close()
	if _, err := testpb.NewTestServiceClient(cc).EmptyCall(t.Context(), &testpb.Empty{}); err != nil {
		t.Fatal(err)
	}
	x.Stop()
	if uid != os.Getuid() {
		t.Errorf("got uid %d, want %d", uid, os.Getuid())
	}
}
