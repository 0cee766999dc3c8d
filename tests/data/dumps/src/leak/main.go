// Leak prints the profile of leaked goroutines, which has all of them at debug=2.
package main

import (
	"context"
	"os"
	"runtime/pprof"
	"time"
)

func lose(in chan int) { in <- 1 }

func main() {
	kept := make(chan int)
	go lose(make(chan int))
	go pprof.Do(context.Background(), pprof.Labels("tenant", "a b"), func(context.Context) { lose(make(chan int)) })
	go func() { <-kept }()
	time.Sleep(50 * time.Millisecond)
	pprof.Lookup("goroutineleak").WriteTo(os.Stdout, 2)
	kept <- 1
}
