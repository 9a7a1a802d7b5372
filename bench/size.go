//go:build linux

package main

import (
	"regexp"
	"time"
)

// size is how much of everything a run does.
type size struct {
	name   string
	suites []string
	only   *regexp.Regexp // of restart and streams, the cases whose names match

	rivals   []string // nil: all
	rounds   int      // A B A B ...
	restarts int      // in each round of the restart suite, if they fit into patience
	patience time.Duration
	crowd    int // of clients in the largest restart load

	inFlight, idle   int // of the stop suite
	takes            time.Duration
	stops, lagTrials int
	pairs, requests  int // of the steady suite
	lives            int // of both servers in the cost suite
	bursts, burst    int // in each of them: pairs, and requests in each of these
	starts           int
	connections      []int // of the scale suite
	saves            int   // by each pattern of the config suite
	keys             []int
	upgrades         int // of the tls suite, in each of its rounds
	secureRounds     int
	sockets          []sockets
}

var full = size{
	name:   "full",
	suites: []string{"restart", "stop", "exit", "grpc", "steady", "cost", "instructions", "startup", "scale", "idle", "config", "tls", "streams"},
	rounds: 4, restarts: 7, patience: 5 * time.Second, crowd: 512,
	inFlight: 200, idle: 1000, takes: time.Second, stops: 2, lagTrials: 15,
	pairs: 11, requests: 20000, lives: 24, bursts: 10, burst: 1500, starts: 10, connections: []int{100, 1000, 10000},
	saves: 3, keys: []int{10, 600, 5000}, upgrades: 20, secureRounds: 2,
	sockets: []sockets{
		{n: 1000, think: time.Second, most: 250 * time.Millisecond},
		{n: 9000, think: 5 * time.Second, most: 2 * time.Second},
		{n: 9000, most: 2 * time.Second},
	},
}

var short = size{
	name:   "quick",
	suites: []string{"restart", "stop", "exit", "grpc", "steady", "cost", "instructions", "startup", "scale", "idle", "config", "tls", "streams"},
	rivals: []string{"graceful", "nethttp", "tableflip"},
	rounds: 1, restarts: 3, patience: 3 * time.Second, crowd: 128,
	inFlight: 50, idle: 200, takes: 300 * time.Millisecond, stops: 1, lagTrials: 3,
	pairs: 4, requests: 4000, lives: 5, bursts: 6, burst: 800, starts: 3, connections: []int{100, 1000},
	saves: 1, keys: []int{10, 600}, upgrades: 3, secureRounds: 1,
	sockets: []sockets{{n: 1000, think: time.Second}},
}

var smoky = size{
	name:   "smoke",
	suites: []string{"restart", "steady", "streams"},
	rivals: []string{"graceful", "nethttp"},
	rounds: 1, restarts: 5, patience: 10 * time.Second, crowd: 64,
	pairs: 2, requests: 4000,
	sockets: []sockets{{n: 200, think: 200 * time.Millisecond}},
}
