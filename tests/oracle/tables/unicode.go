//go:build ignore

// Writes Go's Unicode properties as the compact tables that src/go/regexp/unicode.rs reads (the folder is the
// first argument), and prints for each class of \p{...} how many characters it has and a sum over them.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"unicode"
)

func main() {
	dir := os.Args[1]
	var leaves, categories, scripts []string
	for name := range unicode.Categories {
		categories = append(categories, name)
		if len(name) == 2 && name != "LC" {
			leaves = append(leaves, name)
		}
	}
	for name := range unicode.Scripts {
		scripts = append(scripts, name)
	}
	sort.Strings(categories)
	sort.Strings(leaves)
	sort.Strings(scripts)
	write(dir, "categories.bin", runs(leaves, unicode.Categories))
	write(dir, "scripts.bin", runs(scripts, unicode.Scripts))
	write(dir, "folds.bin", folds())
	var names strings.Builder
	fmt.Fprintln(&names, strings.Join(leaves, " "))
	fmt.Fprintln(&names, strings.Join(scripts, " "))
	var aliases []string
	for name, category := range unicode.CategoryAliases {
		aliases = append(aliases, name+"="+category)
	}
	sort.Strings(aliases)
	fmt.Fprintln(&names, strings.Join(aliases, " "))
	write(dir, "names.txt", []byte(names.String()))

	for _, name := range categories {
		sum(name, unicode.Categories[name], unicode.FoldCategory[name])
	}
	for _, name := range scripts {
		sum(name, unicode.Scripts[name], unicode.FoldScript[name])
	}
}

func write(dir, name string, content []byte) {
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
		panic(err)
	}
}

// runs describes all code points from 0 on: for each run of equal value, the value's place in names from 1
// (0 for none) and the length. Short runs of small values take one byte, value*8 + length-1; otherwise the
// low three bits are 7 and the length follows as a varint, and a value above 30 is written as 31 and follows first.
func runs(names []string, tables map[string]*unicode.RangeTable) []byte {
	var out []byte
	value, length := -1, 0
	flush := func() {
		if value < 0 {
			return
		}
		small := min(value, 31)
		if length <= 7 {
			out = append(out, byte(small*8+length-1))
		} else {
			out = append(out, byte(small*8+7))
		}
		if small == 31 {
			out = append(out, byte(value))
		}
		if length > 7 {
			out = binary.AppendUvarint(out, uint64(length))
		}
	}
	of := make([]int, unicode.MaxRune+1)
	for i, name := range names {
		for r := rune(0); r <= unicode.MaxRune; r++ {
			if unicode.Is(tables[name], r) {
				of[r] = i + 1
			}
		}
	}
	for _, v := range of {
		if v != value {
			flush()
			value, length = v, 0
		}
		length++
	}
	flush()
	return out
}

// folds describes unicode.SimpleFold as runs of characters at distance 1 or 2 whose next in the orbit is the
// same distance away: distance of the first from the first of the run before, 2*count + (distance - 1), and
// the way to the next in the orbit, as varints, the last one signed.
func folds() []byte {
	type run struct{ first, count, step, delta rune }
	var all []*run
	for r := rune(0); r <= unicode.MaxRune; r++ {
		delta := unicode.SimpleFold(r) - r
		if delta == 0 {
			continue
		}
		found := false
		for back := 1; back <= 2 && back <= len(all) && !found; back++ {
			last := all[len(all)-back]
			if last.delta == delta && (last.count == 1 && r-last.first <= 2 || last.count > 1 && r == last.first+last.count*last.step) {
				last.step = (r - last.first) / last.count
				last.count++
				found = true
			}
		}
		if !found {
			all = append(all, &run{r, 1, 1, delta})
		}
	}
	var out []byte
	before := rune(0)
	for _, run := range all {
		out = binary.AppendUvarint(out, uint64(run.first-before))
		out = binary.AppendUvarint(out, uint64(2*run.count+run.step-1))
		out = binary.AppendVarint(out, int64(run.delta))
		before = run.first
	}
	return out
}

func sum(name string, table, fold *unicode.RangeTable) {
	count, total, folded, foldedTotal := 0, 0, 0, 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.Is(table, r) {
			count, total = count+1, total+int(r)
		}
		if unicode.Is(table, r) || fold != nil && unicode.Is(fold, r) {
			folded, foldedTotal = folded+1, foldedTotal+int(r)
		}
	}
	row(name, fmt.Sprint(count), fmt.Sprint(total), fmt.Sprint(folded), fmt.Sprint(foldedTotal))
}
