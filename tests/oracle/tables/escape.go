//go:build ignore

package main

import (
	"fmt"
	"strings"
)

// escape writes what a table cannot hold (controls, tabs, backslashes, everything beyond ASCII) as \xNN.
func escape(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		if b < ' ' || b > '~' || b == '\\' {
			fmt.Fprintf(&out, "\\x%02x", b)
		} else {
			out.WriteByte(b)
		}
	}
	return out.String()
}

// row prints one case: escaped fields with a tab between them.
func row(fields ...string) {
	for i, field := range fields {
		fields[i] = escape(field)
	}
	fmt.Println(strings.Join(fields, "\t"))
}
