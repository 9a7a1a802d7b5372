// Shop reads orders.txt, one order a line, and writes what it has done to done.txt.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"time"
)

func main() {
	orders, err := os.Open("orders.txt")
	if err != nil {
		log.Fatal(err)
	}
	done, err := os.Create("done.txt")
	if err != nil {
		log.Fatal(err)
	}
	for lines := bufio.NewScanner(orders); lines.Scan(); {
		time.Sleep(20 * time.Millisecond) // the work; Ctrl-C ends the program in the middle of it
		fmt.Fprintln(done, lines.Text())
	}
	if err := done.Close(); err != nil {
		log.Fatal(err)
	}
}
