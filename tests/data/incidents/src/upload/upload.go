// Package upload needs much memory at once: it reads each picture as a whole, and nobody counts how many at a time.
package upload

import (
	"io"
	"net/http"
	"time"
)

// New returns the service.
func New() http.Handler { return http.HandlerFunc(receive) }

func receive(w http.ResponseWriter, r *http.Request) {
	picture, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	scan(picture)
	w.WriteHeader(http.StatusNoContent)
}

// scan stands for another service that takes three seconds, while the picture stays in memory.
func scan(picture []byte) {
	time.Sleep(3 * time.Second)
	picture[0] = 0
}
