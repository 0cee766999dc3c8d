//go:build ignore

// Prints what path/filepath makes of paths.
package main

import (
	"fmt"
	"math/rand"
	"path/filepath"
)

func main() {
	paths := []string{"", "/", "//", ".", "..", "../..", "/..", "/../a", "a", "a/", "a//b", "a/./b", "a/../b", "a/../../b", "/a/b/../..", "/a/b/../../..", "a/b/..", "a/..", "./a", "../a/../..",
		"abc/def.go", "/usr/lib/x.so.1", ".hidden", "dir.d/file", "a.b/", "/proc/self/cwd/./x", "\xff/\xfe", "...", "a/...", ".../..", "a\x00b/c"}
	random := rand.New(rand.NewSource(2))
	for i := 0; i < 150; i++ {
		path := ""
		for n := random.Intn(8); n > 0; n-- {
			path += []string{"/", "/", "a", "bc", ".", "..", "x.y"}[random.Intn(7)]
		}
		paths = append(paths, path)
	}
	for i, path := range paths {
		other := paths[(i+7)%len(paths)]
		row(path, filepath.Clean(path), filepath.Base(path), filepath.Dir(path), fmt.Sprint(filepath.IsAbs(path)), other, filepath.Join(path, other))
	}
	row("joins", filepath.Join(), filepath.Join("", ""), filepath.Join("", "a", "", "../b"))
}
