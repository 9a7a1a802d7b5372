// Package handler has the handler of every server in the comparison: the work is
// the same for all, and only the way of serving differs.
package handler

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gracefulfx/graceful/bench/valgrind"
)

// Stats is what a server reports about itself at /stats.
type Stats struct {
	PID    int
	Allocs uint64        // heap objects allocated since the start
	CPU    time.Duration // user and system time since the start, 0 where unknown
}

// New returns the handler. file is served at /file, if it is not empty.
//
//	POST /echo?d=20ms  repeats the body, after the time
//	GET  /hello        13 bytes
//	GET  /file         the file
//	GET  /stuck        never answers, and does not notice that its context ends
//	GET  /pid          the process id
//	GET  /stats        Stats
//	GET  /collect      collects garbage, and gives its memory back
//	GET  /count        begins to count instructions, under callgrind
//	GET  /counted      writes the count, which begins again
func New(file string) http.Handler {
	pid := []string{strconv.Itoa(os.Getpid())}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /echo", echo)
	mux.HandleFunc("GET /hello", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello, world\n") })
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	mux.HandleFunc("GET /stuck", func(http.ResponseWriter, *http.Request) { time.Sleep(time.Hour) })
	mux.HandleFunc("GET /pid", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, pid[0]) })
	mux.HandleFunc("GET /collect", func(http.ResponseWriter, *http.Request) { runtime.GC(); debug.FreeOSMemory() })
	mux.HandleFunc("GET /count", func(http.ResponseWriter, *http.Request) { valgrind.Begin() })
	mux.HandleFunc("GET /counted", func(http.ResponseWriter, *http.Request) { valgrind.Dump() })
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(stats()) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["X-Pid"] = pid // the same slice each time: no further allocation
		mux.ServeHTTP(w, r)
	})
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if d, err := time.ParseDuration(r.URL.Query().Get("d")); err == nil {
		time.Sleep(d)
	}
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.Write(body)
}

func stats() Stats {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return Stats{PID: os.Getpid(), Allocs: m.Mallocs, CPU: cpu()}
}
