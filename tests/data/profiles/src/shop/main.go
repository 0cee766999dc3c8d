// Command shop does a little of everything and writes one profile of each kind Go has into a folder.
//
//	go run -trimpath . DIR
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"

	"example.com/shop/cart"
	"example.com/shop/ledger"
	"example.com/shop/price"
	"example.com/shop/stock"
)

var (
	words = regexp.MustCompile(`(article-\d+)\s+(\d+)`)
	sink  any
	kept  = new(stock.Shelf)
)

func main() {
	runtime.MemProfileRate = 16 << 10
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1000)
	if len(os.Args) != 2 {
		log.Fatal("usage: shop DIR")
	}
	dir := os.Args[1]

	kept.Store(4000)
	sink = stock.Churn(3000)

	record(dir, "cpu", func() { serve(1200 * time.Millisecond) })
	ledger.NewBook().Work(4, 40)

	release := make(chan struct{})
	ledger.Park(60, release)
	pprof.Do(context.Background(), pprof.Labels("role", "reaper", "shard", "7"), func(context.Context) {
		for i := 0; i < 7; i++ {
			go func() { <-release }()
		}
	})
	time.Sleep(20 * time.Millisecond)

	runtime.GC()
	for _, name := range []string{"heap", "goroutine", "mutex", "block", "threadcreate", "allocs"} {
		write(dir, name, pprof.Lookup(name))
	}
	runtime.KeepAlive(kept)
}

// serve answers requests of three kinds at once, each under its own labels.
func serve(d time.Duration) {
	var done sync.WaitGroup
	stop := time.Now().Add(d)
	for worker, endpoint := range []string{"/cart", "/price", "/search"} {
		done.Add(1)
		go func() {
			defer done.Done()
			labels := pprof.Labels("endpoint", endpoint, "worker", strconv.Itoa(worker))
			pprof.Do(context.Background(), labels, func(ctx context.Context) {
				for i := 0; time.Now().Before(stop); i++ {
					handle(ctx, endpoint, i)
				}
			})
		}()
	}
	for time.Now().Before(stop) {
		sink = housekeeping(200)
	}
	done.Wait()
}

func handle(ctx context.Context, endpoint string, i int) {
	switch endpoint {
	case "/cart":
		tier := [...]string{"gold", "silver", "none"}[i%3]
		pprof.Do(ctx, pprof.Labels("tier", tier), func(context.Context) { sink = checkout(i) })
	case "/price":
		sink = quote(i)
	default:
		sink = search(i)
	}
}

func checkout(i int) string {
	c := cart.Fill("owner-"+strconv.Itoa(i), 60)
	renderers := []cart.Renderer{cart.Text{Indent: 2}, &cart.JSON{}}
	return fmt.Sprint(c.Total(), renderers[i%2].Render(c))
}

func quote(i int) float64 {
	table := price.NewTable[string, float64]()
	counts := price.NewTable[int, int64]()
	for n := 0; n < 64; n++ {
		table.Set("article-"+strconv.Itoa(n), float64(i*n))
		counts.Set(n, int64(n))
	}
	total := 0.0
	for n := 0; n < 64; n++ {
		total += table.Get("article-"+strconv.Itoa(n), n%4)
		total += float64(counts.Get(n, 2))
	}
	return total + float64(price.Hash(2000))
}

func search(i int) int {
	var b bytes.Buffer
	cart.Grow(4).Walk(func(c *cart.Category) { b.WriteString(c.Name) })
	text := cart.Text{}.Render(cart.Fill("x", 30))
	return len(words.FindAllString(text, -1)) + b.Len() + int(cart.Ping(i%12))
}

func housekeeping(n int) map[int]string {
	m := map[int]string{}
	for i := 0; i < n; i++ {
		m[i*7] = strconv.Itoa(i)
	}
	return m
}

func record(dir, name string, work func()) {
	file := create(dir, name)
	if err := pprof.StartCPUProfile(file); err != nil {
		log.Fatal(err)
	}
	work()
	pprof.StopCPUProfile()
	finish(file)
}

func write(dir, name string, profile *pprof.Profile) {
	file := create(dir, name)
	if err := profile.WriteTo(file, 0); err != nil {
		log.Fatal(err)
	}
	finish(file)
}

func create(dir, name string) *os.File {
	file, err := os.Create(filepath.Join(dir, name+".pb.gz"))
	if err != nil {
		log.Fatal(err)
	}
	return file
}

func finish(file *os.File) {
	if err := file.Close(); err != nil {
		log.Fatal(err)
	}
}
