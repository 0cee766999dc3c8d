// Package notify hands results over to whoever waits for them.
package notify

import "log"

// Receipt says how a payment ended.
type Receipt struct{ Paid bool }

// Send passes a receipt on: the wrapper that every leaked goroutine is blocked behind.
func Send(to chan<- Receipt, receipt Receipt) {
	if !receipt.Paid {
		log.Print("payment failed")
	}
	to <- receipt
}
