// Writes profiles of one moment in both forms, text (debug=1) and binary, into a folder: NAME.txt and NAME.pb.gz.
//
// The garbage collector rests meanwhile, so that both forms tell the same. Built with -trimpath.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"time"
)

type shelf struct{ boxes [][]byte }

var kept shelf

// fill keeps every third box.
func (s *shelf) fill(n int) {
	for i := range make([]struct{}, n) {
		if box := pack(i); i%3 == 0 {
			s.boxes = append(s.boxes, box)
		}
	}
}

func pack(i int) []byte { return wrap(1000 + i%7*4096) }

//go:noinline
func wrap(n int) []byte { return make([]byte, n) }

func index(n int) map[int]string {
	m := map[int]string{}
	for i := 0; i < n; i++ {
		m[i] = fmt.Sprint(i)
	}
	return m
}

//go:noinline
func nest(depth int) []byte {
	if depth == 0 {
		return make([]byte, 64<<10)
	}
	return nest(depth - 1)
}

func wait(ch chan int, mu *sync.Mutex) {
	defer mu.Unlock()
	<-ch
	mu.Lock()
}

func fight(mu *sync.Mutex, wg *sync.WaitGroup) {
	defer wg.Done()
	for i := 0; i < 20; i++ {
		mu.Lock()
		time.Sleep(200 * time.Microsecond)
		mu.Unlock()
	}
}

func write(folder, name string) {
	for debug, end := range []string{".pb.gz", ".txt"} {
		file, err := os.Create(filepath.Join(folder, name+end))
		if err != nil {
			panic(err)
		}
		if err := pprof.Lookup(name).WriteTo(file, debug); err != nil {
			panic(err)
		}
		file.Close()
	}
}

func main() {
	runtime.SetMutexProfileFraction(2)
	runtime.SetBlockProfileRate(1000)
	var wg sync.WaitGroup
	var mu sync.Mutex
	wg.Add(3)
	for i := 0; i < 3; i++ {
		go fight(&mu, &wg)
	}
	wg.Wait()
	ch := make(chan int)
	for i := 0; i < 7; i++ {
		labels := pprof.Labels("queue", fmt.Sprint("q", i%2), "odd \"key\"", "a\tb]}")
		pprof.Do(context.Background(), labels, func(context.Context) { go wait(ch, &mu) })
	}
	go func() { select {} }()
	go wait(nil, &mu)
	kept.fill(4000)
	numbers := index(30000)
	for i := 0; i < 40; i++ {
		kept.boxes = append(kept.boxes, nest(i%3))
	}
	opened := pprof.NewProfile("my/opened")
	for i := 0; i < 5; i++ {
		opened.Add(i, 0)
	}
	time.Sleep(50 * time.Millisecond)
	runtime.GC()
	runtime.GC()
	debug.SetGCPercent(-1)
	for _, name := range []string{"heap", "allocs", "goroutine", "threadcreate", "mutex", "block"} {
		write(os.Args[1], name)
	}
	os.Mkdir(filepath.Join(os.Args[1], "my"), 0o777)
	write(os.Args[1], "my/opened")
	runtime.KeepAlive(numbers)
}
