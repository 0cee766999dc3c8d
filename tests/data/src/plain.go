// Package plain is listed by the cases of `list`: every line says its own number.
package plain

import "fmt"

var total int // line 6

func main() { // line 8
	Work(9)
	fmt.Println(total) //line 10: no space after the slashes
}

// Work is line 13.
func Work(n int) {
	total += n // line 15
	for range n { // line 16
		total++ // line 17, after two tabs   
	}
} // line 19

func NoStart() { // line 21
	total-- // line 22
} // line 23

func Zero() {} // line 25

/* line 27: %d %s 100% \ " ' ` are plain text */

func Rec(n int) int { // line 29
	if n == 0 { // line 30
		return Leaf() // line 31
	}
	return Rec(n - 1) // line 33
}

func Leaf() int { return 1 } // line 36
