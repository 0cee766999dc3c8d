//go:build ignore

// Prints texts and what text/tabwriter makes of them with pprof's setting.
package main

import (
	"math/rand"
	"strings"
	"text/tabwriter"
)

func main() {
	texts := []string{"", "\n", "a", "a\n", "a\t", "a\tb", "a\tb\n", "\t\n", "\t\t\n", "a\tb\t\n", "a\tb\t",
		" bytes: Total 3 of 5 (60%)\n \t1 (20%):\t 64kB\n \t1002 (40.5%):\t µ\n\n",
		"a\tb\tc\naaa\tbbb\tccc\nx\naaaaa\tb\tc\n", "a\tb\n\naaaa\tb\n", "a\tb\vc\td\fe\tf\n", "\xff\t\n\xff\tb\nlong\tc\n", "\xffopen\tend\nnot\tclosed\n",
		"日本\tx\nabc\ty\n", "\xfe\xfe\tx\nabc\ty\n", "aaaa\t\tb\nc\tdddd\te\n"}
	random := rand.New(rand.NewSource(3))
	for i := 0; i < 200; i++ {
		var text strings.Builder
		for n := random.Intn(30); n > 0; n-- {
			pieces := []string{"\t", "\t", "\t", "\n", "\n", "x", "yy", "zzz zzz", "é", "\xe2\x82", "\v", "\f", "\xff"}
			text.WriteString(pieces[random.Intn(len(pieces)-3*(i%2))])
		}
		texts = append(texts, text.String())
	}
	for _, text := range texts {
		var out strings.Builder
		writer := tabwriter.NewWriter(&out, 0, 0, 1, ' ', tabwriter.AlignRight)
		writer.Write([]byte(text))
		writer.Flush()
		row(text, out.String())
	}
}
