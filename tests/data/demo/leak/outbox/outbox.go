// Package outbox sends mails in the background, as a healthy service does.
package outbox

import "time"

// Mailer is a pool of workers behind a queue.
type Mailer struct{ queue chan string }

// Start returns a mailer with that many workers and a janitor.
func Start(workers int) *Mailer {
	m := &Mailer{make(chan string, 64)}
	for range workers {
		go m.work()
	}
	go m.sweep()
	return m
}

// Post queues a mail.
func (m *Mailer) Post(text string) { m.queue <- text }

func (m *Mailer) work() {
	for text := range m.queue {
		deliver(text)
	}
}

func (m *Mailer) sweep() {
	for {
		time.Sleep(time.Minute)
	}
}

func deliver(string) { time.Sleep(time.Millisecond) }
