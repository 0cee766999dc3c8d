// Package cart fills baskets and prints them.
package cart

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"example.com/shop/price"
)

// Line is one row of a basket.
type Line struct {
	Name  string      `json:"name"`
	Count int         `json:"count"`
	Cost  price.Cents `json:"cost"`
}

// Cart is a basket.
type Cart struct {
	Owner string `json:"owner"`
	Lines []Line `json:"lines"`
}

// Renderer prints a cart one way or another.
type Renderer interface{ Render(c *Cart) string }

// Text renders as text.
type Text struct{ Indent int }

// JSON renders as JSON.
type JSON struct{}

// Render implements Renderer.
func (t Text) Render(c *Cart) string {
	var b strings.Builder
	for _, line := range c.Lines {
		fmt.Fprintf(&b, "%*s%-20s %6d %8.2f\n", t.Indent, "", line.Name, line.Count, float64(line.Cost)/100)
	}
	return b.String()
}

// Render implements Renderer.
func (*JSON) Render(c *Cart) string {
	out, err := json.Marshal(c)
	if err != nil {
		return err.Error()
	}
	return string(out)
}

// Fill makes a cart of n lines.
func Fill(owner string, n int) *Cart {
	c := &Cart{Owner: owner}
	for i := 0; i < n; i++ {
		c.Lines = append(c.Lines, Line{
			Name:  fmt.Sprintf("article-%04d", (i*7919)%n),
			Count: i%9 + 1,
			Cost:  price.Cents(i * 37),
		})
	}
	sort.Slice(c.Lines, func(i, j int) bool { return c.Lines[i].Name < c.Lines[j].Name })
	return c
}

// Total adds the cart up.
func (c *Cart) Total() price.Cents {
	return price.Sum(price.Map(c.Lines, func(l Line) price.Cents { return l.Cost * price.Cents(l.Count) }))
}

// Category is a node of the catalogue.
type Category struct {
	Name string
	Sub  []*Category
}

// Grow makes a catalogue of some depth.
func Grow(depth int) *Category {
	c := &Category{Name: strings.Repeat("c", depth+1)}
	if depth == 0 {
		return c
	}
	for i := 0; i < 3; i++ {
		c.Sub = append(c.Sub, Grow(depth-1))
	}
	return c
}

// Walk visits the catalogue, calling itself for each branch.
func (c *Category) Walk(visit func(*Category)) {
	visit(c)
	for _, sub := range c.Sub {
		sub.Walk(visit)
	}
}

// Ping and Pong call each other.
//
//go:noinline
func Ping(n int) uint64 {
	if n == 0 {
		return price.Hash(400)
	}
	return Pong(n-1) + price.Hash(40)
}

// Pong is the other half of Ping.
//
//go:noinline
func Pong(n int) uint64 {
	if n == 0 {
		return price.Hash(500)
	}
	return Ping(n-1) ^ price.Hash(30)
}
