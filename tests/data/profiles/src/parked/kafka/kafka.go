// Package kafka stands for a library of the service's own: its goroutines pile up.
package kafka

import (
	"context"
	"runtime/pprof"
)

// Producer has a queue that nobody empties.
type Producer struct{ queue chan int }

// New returns a producer without room.
func New() *Producer { return &Producer{queue: make(chan int)} }

// Publish starts a goroutine that waits for room, labelled with its topic.
func (p *Producer) Publish(topic string, n int) {
	pprof.Do(context.Background(), pprof.Labels("topic", topic), func(context.Context) {
		for range n {
			go p.send(n)
		}
	})
}

func (p *Producer) send(n int) { p.queue <- n }
