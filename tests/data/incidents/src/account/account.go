// Package account stands still: two transfers lock the same two accounts, each in its own order.
package account

import (
	"net/http"
	"sync"
	"time"
)

type account struct {
	lock  sync.Mutex
	cents int
}

type bank struct{ till, safe account }

// New returns the service.
func New() http.Handler { return &bank{} }

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.FormValue("customer") == "0":
		transfer(&b.till, &b.safe, 100)
	case r.FormValue("customer") == "1":
		transfer(&b.safe, &b.till, 100)
	default:
		b.till.deposit(5)
	}
}

// transfer is the fault: there is no order among accounts.
func transfer(from, to *account, cents int) {
	from.lock.Lock()
	defer from.lock.Unlock()
	time.Sleep(20 * time.Millisecond)
	to.lock.Lock()
	defer to.lock.Unlock()
	from.cents -= cents
	to.cents += cents
}

func (a *account) deposit(cents int) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.cents += cents
}
