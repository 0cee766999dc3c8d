// Command parked has goroutines in every state it can bring about and writes goroutine profiles of them into
// a folder: parked.pb.gz, and parked_later.pb.gz once some have gone and more have come.
//
//	go run -trimpath . DIR
package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"iter"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"

	"my-go/parked/kafka"
)

var (
	mutex   sync.Mutex
	written sync.RWMutex
	read    sync.RWMutex
	group   sync.WaitGroup
	empty   sync.Mutex
	cond    = sync.NewCond(&empty)
	full    = make(chan int)
	hungry  = make(chan int)
	never   = make(chan int)
	pulled  func() (int, bool)
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: parked DIR")
	}
	mutex.Lock()
	written.Lock()
	read.RLock()
	group.Add(1)

	start(9, func() { full <- 1 })
	start(8, func() { <-hungry })
	start(2, func() { var none chan int; <-none })
	start(7, selecting)
	start(1, func() { select {} })
	start(3, func() { time.Sleep(time.Hour) })
	start(6, func() { mutex.Lock() })
	start(5, func() { written.RLock() })
	start(1, func() { read.Lock() })
	start(4, func() { group.Wait() })
	start(3, func() { empty.Lock(); cond.Wait() })
	start(2, inSyscall)
	start(1, busy)
	serve(4)
	pool()
	coroutine()
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)

	stop := make(chan struct{})
	for range 5 {
		go func() { <-stop }()
	}
	producer := kafka.New()
	producer.Publish("orders", 4)
	producer.Publish("clicks", 2)

	time.Sleep(300 * time.Millisecond)
	write("parked")
	close(stop)
	producer.Publish("orders", 20)
	start(3, newcomer)
	time.Sleep(100 * time.Millisecond)
	write("parked_later")
}

func start(n int, f func()) {
	for range n {
		go f()
	}
}

func selecting() {
	select {
	case <-never:
	case <-hungry:
	}
}

func newcomer() { <-hungry }

func inSyscall() {
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		log.Fatal(err)
	}
	var b [1]byte
	syscall.Read(ends[0], b[:])
}

func busy() {
	for {
		runtime.Gosched()
	}
}

// serve has n keep-alive connections to itself, one connection that never asks, and one that reads a body.
func serve(n int) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	address := listener.Addr().String()
	go http.Serve(listener, http.HandlerFunc(answer))
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			reply, err := http.Get("http://" + address)
			if err != nil {
				log.Fatal(err)
			}
			io.Copy(io.Discard, reply.Body)
			reply.Body.Close()
		})
	}
	all.Wait()
	if _, err := net.Dial("tcp", address); err != nil {
		log.Fatal(err)
	}
	go func() {
		c, err := net.Dial("tcp", address)
		if err != nil {
			log.Fatal(err)
		}
		io.WriteString(c, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
		io.ReadAll(c)
	}()
}

func answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/slow" {
		<-r.Context().Done()
	}
	// All must be open at once, or one connection serves them all.
	time.Sleep(50 * time.Millisecond)
}

type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return nil, errors.New("no") }
func (connector) Driver() driver.Driver                        { return nil }

func pool() { sql.OpenDB(connector{}) }

func coroutine() {
	pulled, _ = iter.Pull(func(yield func(int) bool) { yield(1); yield(2) })
	pulled()
}

func write(name string) {
	file, err := os.Create(filepath.Join(os.Args[1], name+".pb.gz"))
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.Lookup("goroutine").WriteTo(file, 0); err != nil {
		log.Fatal(err)
	}
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
}
