// Package session grows: it keeps the basket of every visitor and never forgets one.
package session

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"
)

type basket struct {
	Lines []string
	page  []byte
}

type store struct {
	lock    sync.Mutex
	baskets map[string]*basket
	prices  []byte
}

// New returns the service with a price list of 12 MB, which is meant to stay.
func New() http.Handler {
	return &store{baskets: map[string]*basket{}, prices: loadPrices()}
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	visit := r.FormValue("customer") + "/" + r.FormValue("turn")
	json.NewEncoder(w).Encode(s.basket(visit))
}

// basket is the fault: what it puts in, nobody takes out.
func (s *store) basket(visit string) *basket {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.baskets[visit] == nil {
		s.baskets[visit] = &basket{page: render()}
	}
	return s.baskets[visit]
}

func render() []byte { return bytes.Repeat([]byte(" "), 8<<10) }

func loadPrices() []byte { return bytes.Repeat([]byte("9.99"), 3<<20) }
