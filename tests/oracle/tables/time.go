//go:build ignore

// Prints points in time in zones: a zone file, then for each point nanoseconds since 1970, the layout of pprof's
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand"
	"os"
	"time"
)

const year = int64(365.2425 * 86400e9)

var points = []int64{0, 1, -1, 999999999, -999999999, 1e9, -1e9, 1795411000684322192, 1795411000680000000, 1795411000000000000, math.MaxInt64, math.MinInt64, math.MinInt64 + 1,
	1774746000e9 - 1, 1774746000e9, 1792890000e9 - 1, 1792890000e9, 1772953199e9, 1772953200e9, -62e9 * 86400, 951782400e9, 951868800e9, 4102444799e9, 4102444800e9, 1735689599e9, 1735689600e9, 1709164800e9}

func main() {
	random := rand.New(rand.NewSource(6))
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Argentina/Buenos_Aires", "Etc/UTC", "Africa/Casablanca", "Europe/Dublin"} {
		file, err := os.ReadFile("/usr/share/zoneinfo/" + name)
		if err != nil {
			panic(err)
		}
		show(file, random, 12, points)
		for i := 0; i < 5; i++ {
			broken := bytes.Clone(file)
			at := random.Intn(len(broken))
			if i == 0 {
				broken = broken[:at]
			} else {
				broken[random.Intn(60)] ^= 1 << random.Intn(8)
			}
			if _, err := time.LoadLocationFromTZData("", broken); err != nil && len(file) < 1000 {
				show(broken, random, 0, nil)
			}
		}
	}
	for _, rule := range []string{"", "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT", "EST5EDT,M3.2.0,M11.1.0", "EST5EDT;M3.2.0,M11.1.0", "AEST-10AEDT,M10.1.0,M4.1.0/3", "<+03>-3", "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "IST-1GMT0,M10.5.0,M3.5.0/1",
		"XXX3YYY,J60,J300", "XXX3YYY,59,300/5:30:15", "XXX3:30:15YYY,J1/0,J365/23", "XXX-3YYY2,M2.4.6,M12.5.3", "AB3", "ABC", "ABCDE", "ABC+", "ABC-24", "ABC168", "ABC169", "ABC3DEF,", "ABC3DEF,M3", "ABC3DEF,M3.2.0", "ABC3DEF,M3.2.0,", "ABC3DEF,M13.2.0,M4.1.0", "ABC3DEF,M3.6.0,M4.1.0", "ABC3DEF,M3.2.7,M4.1.0",
		"ABC3DEF,M3.2.0,M4.1.0x", "ABC3DEF,J0,J5", "ABC3DEF,J366,J5", "ABC3DEF,366,5", "ABC3DEF,0,365", "ABC3,junk", "<>3", "<AB>3<C>", "<AB", "ABC3DEF4GHI", "ABC3DEF,M3.1.0/167,M11.5.6/-167", "A\xffC3", "ABC:3", "ABC3:60", "ABC3:5:", "EST5EDT,0/0,J365/25", "EST5EDT4,M1.1.0,M1.1.0"} {
		show(build(rule, false), random, 4, points[9:20])
		show(build(rule, true), random, 1, points[3:9])
	}
}

// show prints the row of a zone file.
func show(file []byte, random *rand.Rand, more int, points []int64) {
	zone, err := time.LoadLocationFromTZData("", file)
	fields := []string{string(file)}
	if err == nil {
		at := append([]int64{}, points...)
		for i := 0; i < more; i++ {
			at = append(at, random.Int63n(200*year)-70*year)
		}
		for _, nanos := range at {
			t := time.Unix(0, nanos).In(zone)
			fields = append(fields, fmt.Sprint(nanos), t.Format("2006-01-02 15:04:05 MST"), fmt.Sprint(t))
		}
	}
	row(fields...)
}

// build makes a small file of version 2 with a rule: a zone without name in it before 2001 and one after, or no transitions.
func build(rule string, transitions bool) []byte {
	var out bytes.Buffer
	header := func(times, periods, names int) {
		out.WriteString("TZif2" + string(make([]byte, 15)))
		for _, n := range []int{0, 0, 0, times, periods, names} {
			binary.Write(&out, binary.BigEndian, uint32(n))
		}
	}
	header(0, 1, 1)
	out.WriteString("\x00\x00\x00\x00\x00\x00\x00")
	if transitions {
		header(2, 2, 5)
		binary.Write(&out, binary.BigEndian, []int64{-3e9, 1e9})
		out.WriteString("\x01\x00")
	} else {
		header(0, 2, 5)
	}
	binary.Write(&out, binary.BigEndian, int32(-4521))
	out.WriteString("\x00\x04")
	binary.Write(&out, binary.BigEndian, int32(7200))
	out.WriteString("\x01\x00")
	out.WriteString("OLD\x00\x00")
	out.WriteString("\n" + rule + "\n")
	return out.Bytes()
}
