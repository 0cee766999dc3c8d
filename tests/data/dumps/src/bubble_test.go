//go:build go1.25

package main

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A bubble of which every goroutine is blocked for good or for a while.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan int)
		var group sync.WaitGroup
		group.Add(1)
		go group.Wait()
		go func() { <-stop }()
		go func() { stop <- 1 }()
		go func() { time.Sleep(time.Minute) }()
		go func() {
			select {
			case <-make(chan int):
			case <-time.After(time.Minute):
			}
		}()
		go func() { <-never }()
		time.Sleep(time.Second)
		dump()
		group.Done()
	})
}
