// Package stock is slow without doing anything: four connections to a warehouse that takes four seconds, and no timeout.
package stock

import (
	"bufio"
	"log"
	"net"
	"net/http"
	"time"
)

type warehouse struct{ free chan net.Conn }

const address = "localhost:7070"

// New returns the service; Warehouse has to run.
func New() http.Handler {
	w := &warehouse{make(chan net.Conn, 4)}
	for range cap(w.free) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			log.Fatal(err)
		}
		w.free <- conn
	}
	return w
}

func (w *warehouse) ServeHTTP(reply http.ResponseWriter, r *http.Request) {
	conn := w.take()
	defer func() { w.free <- conn }()
	count, err := ask(conn)
	if err != nil {
		http.Error(reply, err.Error(), http.StatusBadGateway)
		return
	}
	reply.Write([]byte(count))
}

func (w *warehouse) take() net.Conn { return <-w.free }

// ask is the fault: it waits as long as the warehouse likes.
func ask(conn net.Conn) (string, error) {
	if _, err := conn.Write([]byte("how many lamps?\n")); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}

// Warehouse stands for another pod.
func Warehouse() {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go answer(conn)
	}
}

func answer(conn net.Conn) {
	lines := bufio.NewReader(conn)
	for {
		if _, err := lines.ReadString('\n'); err != nil {
			return
		}
		time.Sleep(4 * time.Second)
		conn.Write([]byte("12\n"))
	}
}
