// A live process for tests/live.rs: 40 goroutines that wait, served by net/http/pprof on a free port,
// whose number is printed.
package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
)

func wait(c chan int) { <-c }

func main() {
	c := make(chan int)
	for range 40 {
		go wait(c)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	http.Serve(listener, nil)
}
