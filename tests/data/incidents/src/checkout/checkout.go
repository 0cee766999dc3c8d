// Package checkout leaks a goroutine for each order whose payment answers after the customer was sent away.
package checkout

import (
	"net/http"
	"time"
)

type receipt struct{ paid bool }

// New returns the service with its mailers and its janitor.
func New() http.Handler {
	mails := make(chan string)
	for range 8 {
		go mailer(mails)
	}
	go janitor()
	return http.HandlerFunc(place)
}

// place charges for an order and waits for the payment for 50 milliseconds at most.
func place(w http.ResponseWriter, r *http.Request) {
	paid := make(chan receipt)
	go charge(r.FormValue("turn"), paid)
	select {
	case <-paid:
		w.WriteHeader(http.StatusCreated)
	case <-time.After(50 * time.Millisecond):
		http.Error(w, "the payment service is slow", http.StatusGatewayTimeout)
	}
}

// charge is where the leaked ones wait: nobody is left to receive what they send.
func charge(turn string, paid chan<- receipt) {
	if turn != "" && turn[len(turn)-1] == '7' {
		time.Sleep(10 * time.Millisecond)
	} else {
		time.Sleep(80 * time.Millisecond)
	}
	paid <- receipt{true}
}

func mailer(mails <-chan string) {
	for range mails {
	}
}

func janitor() {
	for range time.Tick(time.Minute) {
	}
}
