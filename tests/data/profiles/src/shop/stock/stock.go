// Package stock keeps memory: what is on the shelf and what was thrown away.
package stock

import "bytes"

// Shelf holds boxes of several sizes.
type Shelf struct {
	small  [][]byte
	large  [][]byte
	byName map[string]*bytes.Buffer
}

// Store keeps boxes.
func (s *Shelf) Store(n int) {
	if s.byName == nil {
		s.byName = map[string]*bytes.Buffer{}
	}
	for i := 0; i < n; i++ {
		s.small = append(s.small, box(64<<(i%4)))
		if i%16 == 0 {
			s.large = append(s.large, crate(i))
		}
		s.label(i)
	}
}

func (s *Shelf) label(i int) {
	name := string(rune('a'+i%26)) + string(rune('A'+i%17))
	b := s.byName[name]
	if b == nil {
		b = new(bytes.Buffer)
		s.byName[name] = b
	}
	b.WriteString(name)
}

func box(size int) []byte { return make([]byte, size) }

//go:noinline
func crate(i int) []byte { return box(2<<10 + i) }

// Churn allocates what nobody keeps.
func Churn(n int) (total int) {
	for i := 0; i < n; i++ {
		total += len(scratch(i % 5))
	}
	return total
}

//go:noinline
func scratch(i int) []byte { return bytes.Repeat([]byte("x"), 512<<i) }
