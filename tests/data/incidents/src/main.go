// Shop is the service of the runbooks: it fails in the way it is told to. `shop serve FAULT PORT` serves one kind of
// request on /, /debug/pprof/ beside it; `shop load FAULT PORT [N]` is the customers, N times as many. ../capture builds and asks it.
package main

import (
	"fmt"
	"log"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"example.com/shop/account"
	"example.com/shop/checkout"
	"example.com/shop/ledger"
	"example.com/shop/search"
	"example.com/shop/session"
	"example.com/shop/stock"
	"example.com/shop/upload"
)

// fault is a service that fails, and how its customers ask.
type fault struct {
	serve     func() http.Handler
	customers int           // at once
	pause     time.Duration // of a customer between two requests
	body      int           // bytes of a request
}

var faults = map[string]fault{
	"leak":   {checkout.New, 3, time.Second, 0},
	"cpu":    {search.New, 6, 10 * time.Millisecond, 0},
	"growth": {session.New, 8, 25 * time.Millisecond, 0},
	"memory": {upload.New, 12, time.Second, 5 << 20},
	"locks":  {ledger.New, 24, 5 * time.Millisecond, 0},
	"slow":   {stock.New, 60, 100 * time.Millisecond, 0},
	"night":  {account.New, 14, time.Second, 0},
}

func main() {
	log.SetFlags(0)
	chosen, known := faults[os.Args[2]]
	if !known {
		log.Fatal("shop serve|load FAULT PORT [N]")
	}
	address := "localhost:" + os.Args[3]
	if os.Args[1] == "load" {
		if os.Args[2] == "slow" {
			go stock.Warehouse()
		}
		if len(os.Args) > 4 {
			times, _ := strconv.Atoi(os.Args[4])
			chosen.customers *= times
		}
		load(chosen, "http://"+address+"/")
		return
	}
	runtime.SetMutexProfileFraction(1)
	http.Handle("/", chosen.serve())
	log.Fatal(http.ListenAndServe(address, nil))
}

// load sends requests for ever.
func load(f fault, url string) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: f.customers}}
	for customer := range f.customers {
		go func() {
			for turn := 0; ; turn++ {
				body := strings.NewReader(strings.Repeat("x", f.body))
				request := fmt.Sprintf("%s?customer=%d&turn=%d", url, customer, turn)
				if reply, err := client.Post(request, "text/plain", body); err == nil {
					reply.Body.Close()
				}
				time.Sleep(f.pause)
			}
		}()
	}
	select {}
}
