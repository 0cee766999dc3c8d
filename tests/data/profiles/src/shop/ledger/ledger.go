// Package ledger makes goroutines wait for each other.
package ledger

import (
	"sync"
	"time"
)

// Book is a ledger behind locks.
type Book struct {
	mu     sync.Mutex
	rw     sync.RWMutex
	sums   map[int]int
	posted chan int
}

// NewBook makes an empty ledger.
func NewBook() *Book { return &Book{sums: map[int]int{}, posted: make(chan int)} }

// Post writes under the lock, slowly.
func (b *Book) Post(id, amount int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sums[id] += amount
	hold(200 * time.Microsecond)
}

// Rename writes under the other lock.
func (b *Book) Rename(id int) {
	b.rw.Lock()
	hold(100 * time.Microsecond)
	b.rw.Unlock()
}

// Read takes the reader's side.
func (b *Book) Read(id int) int {
	b.rw.RLock()
	defer b.rw.RUnlock()
	hold(50 * time.Microsecond)
	return b.sums[id]
}

func hold(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
	}
}

// Work posts, reads and renames from several goroutines.
func (b *Book) Work(workers, rounds int) {
	var done sync.WaitGroup
	for w := 0; w < workers; w++ {
		done.Add(1)
		go func() {
			defer done.Done()
			for i := 0; i < rounds; i++ {
				b.Post(i, w)
				b.Read(i)
				if i%4 == 0 {
					b.Rename(i)
				}
			}
		}()
	}
	go b.drain()
	for i := 0; i < rounds; i++ {
		b.send(i)
	}
	close(b.posted)
	done.Wait()
}

func (b *Book) send(i int) { b.posted <- i }

func (b *Book) drain() {
	for range b.posted {
		time.Sleep(time.Millisecond)
	}
}

// Park leaves goroutines waiting in different places until release is closed.
func Park(n int, release chan struct{}) {
	var mu sync.Mutex
	mu.Lock()
	never, ever := make(chan int), make(chan int)
	for i := 0; i < n; i++ {
		switch i % 5 {
		case 0:
			go waitFor(release)
		case 1:
			go func() { never <- i }()
		case 2:
			go lockLater(&mu)
		case 3:
			go nested(3, release)
		case 4:
			go func() {
				select {
				case <-ever:
				case <-release:
				}
			}()
		}
	}
	time.Sleep(50 * time.Millisecond)
}

func waitFor(release chan struct{}) { <-release }

func lockLater(mu *sync.Mutex) {
	mu.Lock()
	mu.Unlock()
}

func nested(depth int, release chan struct{}) {
	if depth > 0 {
		nested(depth-1, release)
		return
	}
	waitFor(release)
}
