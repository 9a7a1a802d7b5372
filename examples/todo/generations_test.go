package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"modernc.org/sqlite"
)

// Twenty generations follow one another on one database, each killed without
// warning while its successor writes already. Whatever was acknowledged is there;
// what was sent again, because the answer was lost, is there once.
func TestTwentyGenerationsLoseNothingAndDoubleNothing(t *testing.T) {
	s := openStore(t)
	const generations, load, overlap = 20, 50, 10
	acked := make([]int, generations)
	var previous *process
	for g := range generations {
		if previous != nil {
			previous.command(t, strings.Repeat("write\n", load)) // while the next one opens and migrates
		}
		p := start(t, "writer", "TEST_DB="+s.path, "TEST_NAME="+fmt.Sprint(g))
		p.command(t, strings.Repeat("write\n", load))
		for range overlap {
			p.expect(t, "ok")
			acked[g]++
		}
		if previous != nil {
			acked[g-1] += previous.kill(t)
		}
		previous = p
	}
	acked[generations-1] += previous.kill(t)

	for g, n := range acked { // the client of each generation repeats the request that got no answer
		if _, _, err := s.Create(t.Context(), Draft{Title: fmt.Sprint(g)}, fmt.Sprintf("%d-%d", g, n), 1e6); err != nil {
			t.Fatal(err)
		}
		var got int
		if err := s.read.QueryRow("SELECT count(*) FROM todos WHERE title = ?", fmt.Sprint(g)).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if want := n + 1; got != want {
			t.Errorf("generation %d: got %d todos, want %d", g, got, want)
		}
	}
	var ok string
	if err := s.read.QueryRow("PRAGMA integrity_check").Scan(&ok); err != nil || ok != "ok" {
		t.Errorf("integrity check: got %q (%v), want ok", ok, err)
	}
	t.Logf("acknowledged writes by generation: %d", acked)
}

// The old generation opens and closes the database files (a naive backup); a new
// one comes and leaves; the old one goes on writing, and sees no error. With locks
// per process those writes are lost without an error.
func TestOpeningTheDatabaseFilesLosesNoWrites(t *testing.T) {
	if err := lockPerFile(); err != nil {
		t.Fatal(err)
	}
	if !sqlite.OFDLockingEnabled() {
		t.Skip("locks per open file exist on Linux only: elsewhere only the driver may open the files")
	}
	for _, tt := range []struct {
		role     string
		loses    bool
		scenario string
	}{
		{"careless", false, "locks per open file, as the program has them"},
		{"careless-posix", true, "locks per process: proves that this test can see the loss"},
	} {
		t.Run(tt.role, func(t *testing.T) {
			s := openStore(t)
			path := s.path
			if err := s.Close(); err != nil { // the old generation must be alone
				t.Fatal(err)
			}
			old := start(t, tt.role, "TEST_DB="+path)
			old.expect(t, "opened and closed the files")
			if err := openStoreAt(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			old.command(t, "go on\n")
			old.expect(t, "wrote 100 more")
			todos, _, err := openStoreAt(t, path).List(t.Context(), Page{Limit: 1000})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := len(todos), 110; (got != want) != tt.loses {
				t.Errorf("%s: got %d todos of %d acknowledged, loss expected: %v", tt.scenario, got, want, tt.loses)
			}
		})
	}
}

// play is the part of another generation; it talks to the test over standard
// output.
func play(role string) int {
	if role == "main" {
		main() // ends the process itself if the exit code is not 0
		return 0
	}
	s, err := NewStore(os.Getenv("TEST_DB"), 10*time.Second)
	if err == nil && role == "careless-posix" { // the locks that SQLite takes by default
		s.write, err = sql.Open("sqlite", s.dsn)
	} else if err == nil {
		err = s.Open(context.Background())
	}
	name, n := os.Getenv("TEST_NAME"), 0
	write := func(more int) {
		for end := n + more; n < end && err == nil; n++ {
			_, _, err = s.Create(context.Background(), Draft{Title: name}, fmt.Sprintf("%s-%d", name, n), 1e6)
		}
	}
	switch role {
	case "writer":
		for asked := bufio.NewScanner(os.Stdin); asked.Scan() && err == nil; {
			if write(1); err == nil {
				_, err = fmt.Println("ok")
			}
		}
	case "careless", "careless-posix":
		write(10)
		for _, suffix := range []string{"", "-shm"} {
			if f, err := os.Open(s.path + suffix); err == nil {
				f.Close()
			}
		}
		fmt.Println("opened and closed the files")
		bufio.NewReader(os.Stdin).ReadString('\n')
		write(100)
		fmt.Println("wrote 100 more")
		io.Copy(io.Discard, os.Stdin) // stays until it is killed
	}
	fmt.Println(err)
	return 1
}
