// Package checkout takes orders and waits for their payment, but not for ever.
package checkout

import (
	"net/http"
	"time"

	"example.com/orders/notify"
)

// Payments stands for the payment service: while it is down, no charge is answered.
type Payments struct{ up chan struct{} }

// NewPayments returns a payment service that is down.
func NewPayments() *Payments { return &Payments{make(chan struct{})} }

// Recover lets all charges, those that wait included, be answered.
func (p *Payments) Recover() { close(p.up) }

func (p *Payments) charge() notify.Receipt {
	<-p.up
	return notify.Receipt{Paid: true}
}

// Handler serves the orders of customers, who leave after Patience.
type Handler struct {
	Payments *Payments
	Patience time.Duration
}

// Place charges for an order.
func (h *Handler) Place(w http.ResponseWriter, _ *http.Request) {
	paid := make(chan notify.Receipt)
	go func() {
		notify.Send(paid, h.Payments.charge())
	}()
	h.reply(w, paid)
}

// Refund pays a customer back.
func (h *Handler) Refund(w http.ResponseWriter, _ *http.Request) {
	refunded := make(chan notify.Receipt)
	go func() {
		notify.Send(refunded, h.Payments.charge())
	}()
	h.reply(w, refunded)
}

// reply is where the leak begins: once it has timed out, nobody is left to receive from done.
func (h *Handler) reply(w http.ResponseWriter, done <-chan notify.Receipt) {
	select {
	case <-done:
		w.WriteHeader(http.StatusCreated)
	case <-time.After(h.Patience):
		http.Error(w, "the payment service is slow", http.StatusGatewayTimeout)
	}
}
