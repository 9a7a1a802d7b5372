package grpcserver_test

func program() {}
