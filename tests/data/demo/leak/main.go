// Orderd is the service of the demo: it leaks one goroutine for each order whose payment answers after the customer left.
// It serves 940 orders to itself, 933 of them too slow, then writes its goroutine profile to the file named and ends.
// The profiles beside this file were captured by capture.sh; podprof needs neither Go nor this program.
package main

import (
	"log"
	"net"
	"net/http"
	"os"
	"runtime/pprof"
	"time"

	"example.com/orders/checkout"
	"example.com/orders/outbox"
)

func main() {
	payments := checkout.NewPayments()
	orders := &checkout.Handler{Payments: payments, Patience: time.Millisecond}
	mailer := outbox.Start(4)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", orders.Place)
	mux.HandleFunc("POST /refunds", orders.Refund)
	go http.Serve(listener, mux)

	shop := customers{"http://" + listener.Addr().String()}
	shop.send("/orders", late(871))
	shop.send("/refunds", late(62))
	payments.Recover()
	orders.Patience = time.Minute
	shop.send("/orders", 7)
	mailer.Post("933 customers saw a gateway timeout")
	time.Sleep(200 * time.Millisecond) // until every goroutine stands where it will stay

	profile, err := os.Create(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.Lookup("goroutine").WriteTo(profile, 0); err != nil {
		log.Fatal(err)
	}
	if err := profile.Close(); err != nil {
		log.Fatal(err)
	}
}

type customers struct{ server string }

// send places n orders, eight at a time, over connections that stay open.
func (c customers) send(path string, n int) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	window, done := make(chan struct{}, 8), make(chan struct{})
	for range n {
		go func() {
			window <- struct{}{}
			reply, err := client.Post(c.server+path, "text/plain", nil)
			if err != nil {
				log.Fatal(err)
			}
			reply.Body.Close()
			<-window
			done <- struct{}{}
		}()
	}
	for range n {
		<-done
	}
}

// late is how many of n customers have come so far: all, or a tenth where a second word (early) was given.
func late(n int) int {
	if len(os.Args) > 2 {
		return n / 10
	}
	return n
}
