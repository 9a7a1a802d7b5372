// Shop answers requests, until one of them closes it.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/braintree/manners"
)

func main() {
	http.HandleFunc("POST /close", func(http.ResponseWriter, *http.Request) { manners.Close() })
	log.Println(manners.ListenAndServe(os.Getenv("ADDR"), http.DefaultServeMux))
}
