// Package ledger contends: it holds its only lock while it writes to a slow disk.
package ledger

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

type ledger struct {
	lock    sync.Mutex
	entries int
}

// New returns the service.
func New() http.Handler { return &ledger{} }

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("customer") < "2" {
		fmt.Fprintln(w, l.count())
		return
	}
	l.book()
}

// book is the fault: the lock is needed for the number, and held for the disk too.
func (l *ledger) book() {
	l.lock.Lock()
	defer l.lock.Unlock()
	l.entries++
	writeToDisk()
}

func (l *ledger) count() int {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.entries
}

func writeToDisk() { time.Sleep(2 * time.Millisecond) }
