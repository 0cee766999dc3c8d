//go:build ignore

// Prints what pprof's measurement package makes of values and units.
package main

import (
	"fmt"
	"math"
	"math/rand"

	"github.com/google/pprof/internal/measurement"
)

var units = []string{"", "b", "B", "byte", "Bytes", "kB", "KB", "kilobytes", "mb", "MByte", "GB", "tb", "PB", "petabyte", "ns", "nanoseconds", "us", "μs", "µs", "μss", "Μss", "microsecond", "ms", "MS", "milliseconds",
	"s", "S", "sec", "secs", "seconds", "ss", "hr", "hrs", "hours", "minutes", "min", "day", "nanogcu", "GCU", "gcus", "kilogcu", "petagcus", "count", "sample", "unit", "minimum", "auto", "AUTO", "objects", "widgets",
	"\u212ab", "\u212abytes", "m\u0130croseconds", "\xff", "b\xff", "counts", "bs", "bss", "nss", "microsecondss", "k*GCU", "ſ", "secſ"}

func main() {
	for _, value := range []int64{1, -13558087} {
		for i, from := range units {
			for j := 0; j < 3; j++ {
				show(value, from, units[(i*7+j*13+int(value&15))%len(units)])
			}
			show(value, from, from)
			show(value, from, "auto")
		}
	}
	values := []int64{0, 1, -1, 2, 3, 10, 31, 99, 100, 999, 1000, 1023, 1024, 1536, 4999999, 5000000, 490000000, 1e9, 60e9, 3599999999999, 3600e9, 5400e9, 1 << 62, math.MaxInt64, math.MinInt64, math.MinInt64 + 1, 1352988000000}
	for _, value := range values {
		for _, pair := range [][2]string{{"ns", "auto"}, {"ns", "s"}, {"ns", "hr"}, {"bytes", "auto"}, {"b", "gb"}, {"b", "minimum"}, {"count", "auto"}, {"count", "ms"}, {"gcu", "auto"}, {"petabytes", "auto"}, {"hour", "auto"}, {"nanogcu", "minimum"}} {
			show(value, pair[0], pair[1])
		}
	}
	random := rand.New(rand.NewSource(4))
	for i := 0; i < 150; i++ {
		show(random.Int63()>>uint(random.Intn(63)), units[random.Intn(43)], units[random.Intn(43)])
	}
	percentages(random)
	for _, a := range units {
		for i := 0; i < 3; i++ {
			b := units[random.Intn(len(units))]
			row("family", a, b, fmt.Sprint(same(a, b)))
		}
		row("family", a, a, fmt.Sprint(same(a, a)))
	}
}

func show(value int64, from, to string) {
	scaled, unit := measurement.Scale(value, from, to)
	row("scale", fmt.Sprint(value), from, to, fmt.Sprintf("%016x", math.Float64bits(scaled)), unit, measurement.ScaledLabel(value, from, to), measurement.Label(value, from))
}

func same(a, b string) bool {
	for _, family := range measurement.UnitTypes {
		_, first := measurement.Scale(1, a, "auto")
		_, second := measurement.Scale(1, b, "auto")
		in := [2]bool{}
		for _, unit := range family.Units {
			in[0] = in[0] || unit.CanonicalName == first
			in[1] = in[1] || unit.CanonicalName == second
		}
		if in[0] && in[1] {
			return true
		}
	}
	return false
}

func percentages(random *rand.Rand) {
	pairs := [][2]int64{{0, 1}, {0, 0}, {5, 0}, {1, 1}, {9994, 10000}, {9995, 10000}, {10005, 10000}, {10006, 10000}, {1, 100}, {99, 10000}, {995, 100000}, {9949, 1000000}, {9951, 1000000}, {1, 1000}, {12, 10000}, {99, 1000000}, {1, 1000000},
		{31, 1000000000}, {50000, 100}, {-50, 100}, {50, -100}, {math.MinInt64, 1}, {math.MinInt64, math.MinInt64}, {1, math.MaxInt64}, {math.MaxInt64, 1}, {1, 3}, {2, 3}, {1, 200}, {1, 8}, {1, 800}}
	for i := 0; i < 200; i++ {
		pairs = append(pairs, [2]int64{random.Int63() >> uint(random.Intn(63)), random.Int63() >> uint(random.Intn(63))})
	}
	for _, pair := range pairs {
		row("percent", fmt.Sprint(pair[0]), fmt.Sprint(pair[1]), measurement.Percentage(pair[0], pair[1]))
	}
}
