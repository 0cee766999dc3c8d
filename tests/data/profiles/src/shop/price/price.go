// Package price works out what a basket costs.
package price

// Number is what can be added up.
type Number interface{ ~int | ~int64 | ~float64 }

// Cents is an amount of money.
type Cents int64

// Sum adds up a list.
func Sum[T Number](list []T) T {
	var total T
	for _, one := range list {
		total = add(total, one)
	}
	return total
}

// add is small enough to be inlined into Sum.
func add[T Number](a, b T) T { return a + b }

// Map applies a function to every element.
func Map[A, B any](list []A, f func(A) B) []B {
	result := make([]B, 0, len(list))
	for _, one := range list {
		result = append(result, f(one))
	}
	return result
}

// Table keeps prices by key.
type Table[K comparable, V Number] struct {
	rows map[K]V
}

// NewTable makes an empty table.
func NewTable[K comparable, V Number]() *Table[K, V] {
	return &Table[K, V]{rows: map[K]V{}}
}

// Set stores a price.
//
//go:noinline
func (t *Table[K, V]) Set(key K, value V) { t.rows[key] = value }

// Get reads a price, discounted as often as asked.
//
//go:noinline
func (t *Table[K, V]) Get(key K, times int) V {
	if times > 0 {
		return t.Get(key, times-1) - discount(t.rows[key])
	}
	return t.rows[key]
}

func discount[V Number](v V) V {
	for i := 0; i < 20; i++ {
		v = half(v) + 1
	}
	return v
}

func half[V Number](v V) V { return v / 2 }

// Hash burns time in a tight loop, three inlined calls deep.
//
//go:noinline
func Hash(rounds int) (h uint64) {
	for i := 0; i < rounds; i++ {
		h = mix(h, uint64(i))
	}
	return h
}

func mix(h, i uint64) uint64 { return spread(h ^ i) }

func spread(h uint64) uint64 { return fold(h*0x9e3779b97f4a7c15) + 1 }

func fold(h uint64) uint64 { return h ^ h>>29 ^ h<<7 }
