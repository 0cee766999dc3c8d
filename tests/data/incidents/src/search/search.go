// Package search burns its CPU: it compiles the same regular expression again for each product.
package search

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"runtime/pprof"
)

type product struct{ Name, Text string }

type shelf struct{ products []product }

// New returns the service over 400 products.
func New() http.Handler {
	s := &shelf{}
	for n := range 400 {
		s.products = append(s.products, product{fmt.Sprint("lamp ", n), "A lamp for a table, of brass, with a green shade."})
	}
	return s
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	endpoint := "/search"
	if r.FormValue("customer") < "2" {
		endpoint = "/home"
	}
	pprof.Do(r.Context(), pprof.Labels("endpoint", endpoint), func(context.Context) {
		found := s.products
		if endpoint == "/search" {
			found = s.find("lamp 1")
		}
		json.NewEncoder(w).Encode(found)
	})
}

func (s *shelf) find(words string) []product {
	var found []product
	for _, p := range s.products {
		if matches(p, words) {
			found = append(found, p)
		}
	}
	return found
}

// matches is the fault: the pattern does not depend on the product.
func matches(p product, words string) bool {
	pattern := regexp.MustCompile("(?i)" + regexp.QuoteMeta(words))
	return pattern.MatchString(p.Name) || pattern.MatchString(p.Text)
}
