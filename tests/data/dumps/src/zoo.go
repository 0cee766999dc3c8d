// Zoo waits in every way there is and shows its goroutines: `zoo WAY` with WAY one of debug2, quit, elided, ancestors,
// panic, repanic, deadlock, maps, segv, overflow, minutes, running. ../make runs it.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"
)

var never = make(chan int)

//go:noinline
func send() { make(chan int) <- 1 }

//go:noinline
func receive() { <-never }

//go:noinline
func receiveNil() { var none chan int; <-none }

//go:noinline
func sendNil() { var none chan int; none <- 1 }

//go:noinline
func choose() {
	select {
	case <-never:
	case <-make(chan int):
	}
}

//go:noinline
func chooseNothing() { select {} }

//go:noinline
func sleep() { time.Sleep(time.Hour) }

func lock(m sync.Locker) { m.Lock() }

//go:noinline
func accept() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	listener.Accept()
}

//go:noinline
func read() {
	var pipe [2]int
	syscall.Pipe(pipe[:])
	syscall.Read(pipe[0], make([]byte, 1))
}

//go:noinline
func locked() {
	runtime.LockOSThread()
	<-never
}

type tree struct{ depth int }

func (t *tree) grow(left int) {
	if left > 0 {
		t.grow(left - 1)
		return
	}
	t.depth++
	<-never
}

type box[T any] struct{ in T }

func (b *box[T]) hold(ways ...func(T)) {
	for _, way := range ways {
		way(b.in)
	}
	<-never
}

func labelled(labels ...string) {
	pprof.Do(context.Background(), pprof.Labels(labels...), func(context.Context) { <-never })
}

func zoo() {
	var mutex sync.Mutex
	var both sync.RWMutex
	var group sync.WaitGroup
	mutex.Lock()
	both.Lock()
	group.Add(1)
	for _, way := range []func(){send, receive, receiveNil, sendNil, choose, chooseNothing, sleep, accept, read, locked} {
		go way()
	}
	go lock(&mutex)
	go lock(&both)
	go lock(both.RLocker())
	go group.Wait()
	go sync.NewCond(&sync.Mutex{}).L.Lock()
	go func() {
		cond := sync.NewCond(&sync.Mutex{})
		cond.L.Lock()
		cond.Wait()
	}()
	go (&tree{}).grow(3)
	go (&box[string]{"x"}).hold()
	go labelled("plain", "a.b/c_1", "k", "a] {b", "state", "mine")
	go labelled("quoted key", "v \"x\"", "brace", "}", "comma", "a, b: c", "empty", "", "newline", "a\nb\x01", "accent", "é😀")
	more()
	runtime.SetFinalizer(new(tree), func(*tree) {})
	signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR1)
	time.Sleep(100 * time.Millisecond)
}

func dump() { pprof.Lookup("goroutine").WriteTo(os.Stdout, 2) }

func quit() {
	syscall.Kill(syscall.Getpid(), syscall.SIGQUIT)
	time.Sleep(time.Hour)
}

//go:noinline
func spin() {
	for {
	}
}

func fail(err error) {
	defer func() { panic(fmt.Sprint("again: ", recover())) }()
	panic(err)
}

func main() {
	switch os.Args[1] {
	case "debug2":
		zoo()
		dump()
	case "quit":
		zoo()
		quit()
	case "minutes":
		zoo()
		runtime.GC()
		time.Sleep(125 * time.Second)
		dump()
	case "running":
		go spin()
		go send()
		time.Sleep(50 * time.Millisecond)
		quit()
	case "elided":
		go (&tree{}).grow(150)
		time.Sleep(50 * time.Millisecond)
		dump()
	case "ancestors":
		go func() {
			go func() { go receive(); <-never }()
			<-never
		}()
		time.Sleep(50 * time.Millisecond)
		dump()
	case "panic":
		go receive()
		time.Sleep(50 * time.Millisecond)
		panic(errors.New("first line\nsecond line\n\ngoroutine words 7"))
	case "repanic":
		fail(errors.New("boom"))
	case "deadlock":
		go chooseNothing()
		<-never
	case "maps":
		shared := map[int]int{}
		for i := 0; i < 4; i++ {
			go func() {
				for {
					shared[1]++
				}
			}()
		}
		time.Sleep(time.Second)
	case "segv":
		var none *bytes.Buffer
		none.WriteByte(1)
	case "overflow":
		(&tree{}).grow(1 << 30)
	}
}
