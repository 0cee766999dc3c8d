//go:build go1.23

package main

import "iter"

func more() {
	next, _ := iter.Pull(func(yield func(int) bool) {
		for yield(1) {
		}
	})
	next()
}
