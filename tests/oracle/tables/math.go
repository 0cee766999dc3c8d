//go:build ignore

// Prints what Go's exponential function gives, as the bits of argument and result.
package main

import (
	"fmt"
	"math"
	"math/rand"
)

func main() {
	random := rand.New(rand.NewSource(1))
	values := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, -1e-300, 709.78, 709.79, 1e300, -708, -800, -1e300, math.Inf(1), math.Inf(-1)}
	for range 200 {
		size, rate := math.Floor(math.Exp(random.Float64()*20)), float64(int(512)<<random.Intn(12))
		values = append(values, -size/rate)
	}
	for range 40 {
		values = append(values, random.Float64()*1400-700)
	}
	for _, value := range values {
		row(fmt.Sprintf("%016x", math.Float64bits(value)), fmt.Sprintf("%016x", math.Float64bits(math.Exp(value))))
	}
}
