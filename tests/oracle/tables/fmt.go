//go:build ignore

// Prints how Go writes and reads numbers and quoted strings.
package main

import (
	"fmt"
	"math"
	"math/rand"
	"strconv"
	"time"
	"unicode"
)

func main() {
	random := rand.New(rand.NewSource(1))
	floats(random)
	durations(random)
	quotes()
	printable()
	pads()
	numbers()
}

func floats(random *rand.Rand) {
	values := []float64{0, math.Copysign(0, -1), 1, -1, 9.5, 99.5, 99.95, 0.05, 0.995, 0.125, 0.375, 0.0625, 2.5, 0.25, 0.045, 1e-4, 9.99e-5, 9.96e-5,
		9.95e-5, 1e-5, 3.1e-6, 1e-7, 1e-10, 1e-100, 5e-324, math.MaxFloat64, 10, 12, 99, 100, 1e5, 999999, 1e6, 1e20, 1e21, 1e22, 123456789,
		999999.5, 0.1, 0.005, 0.015, 1.005, 2.675, 1e15, 4503599627370497.5, 0.001, 0.00001234, math.Inf(1), math.Inf(-1), math.NaN()}
	for i := 0; i < 60; i++ {
		values = append(values, random.Float64(), random.Float64()*math.Pow(10, float64(random.Intn(30)-15)), float64(random.Intn(2000))/1000)
	}
	for _, v := range values {
		row("float", fmt.Sprintf("%016x", math.Float64bits(v)), fmt.Sprintf("%v", v), fmt.Sprintf("%g", v), fmt.Sprintf("%.2g", v), fmt.Sprintf("%.4g", v), fmt.Sprintf("%.2f", v))
	}
}

func durations(random *rand.Rand) {
	values := []int64{0, 1, -1, 999, 1000, 1001, 1500, 999999, 1e6, 1e6 + 1, 616150000, 999999999, 1e9, 1e9 + 1, 2e9, 59999999999, 60e9, 61e9, 90e9, 3599999999999,
		3600e9, 3601e9, 16500e9, 86400e9, math.MaxInt64, math.MinInt64, math.MinInt64 + 1}
	for i := 0; i < 60; i++ {
		values = append(values, random.Int63()>>uint(random.Intn(60)))
	}
	for _, v := range values {
		d := time.Duration(v)
		row("duration", fmt.Sprint(v), d.String(), fmt.Sprintf("%.4v", d))
	}
}

func quotes() {
	for _, s := range []string{"", "plain", "a\"b\\c", "\a\b\f\n\r\t\v", "\x00\x01\x1b[31m\x7f", "µs μs", "\xff\xfe", "a\xe2\x82z", "\xed\xa0\x80", "\u00a0\u00ad\u0085",
		"e\u0301 \u0301", "\u200b\u200e\u202e\u2028", "\ufeff\ufffd\ufffe", "\U0001f600\U000e0001\U0010ffff", "日本語", "`x`", "'", "\xf0\x9f\x98", "\xc0\xaf"} {
		row("quote", s, strconv.Quote(s))
	}
}

// printable prints the ranges of characters that are quoted as they are.
func printable() {
	first := rune(-1)
	for r := rune(0x80); r <= unicode.MaxRune+1; r++ {
		is := r <= unicode.MaxRune && strconv.IsPrint(r)
		if is && first < 0 {
			first = r
		}
		if !is && first >= 0 {
			row("print", fmt.Sprintf("%x", first), fmt.Sprintf("%x", r-1))
			first = -1
		}
	}
}

func pads() {
	for _, s := range []string{"", "abc", "abcdefghijkl", "µs", "\xff\xfe", "a\xe2\x82", "日本", "e\u0301", "\xed\xa0\x80"} {
		row("pad", s, fmt.Sprintf("%10s", s), fmt.Sprintf("%2s", s))
	}
}

func numbers() {
	for _, s := range []string{"", "0", "1", "-1", "+1", "+", "-", "--1", "1.5", " 1", "1 ", "abc", "1_000", "0x10", "0X1f", "0x", "0b101", "0b2", "0o17", "017", "08", "0_1", "_1", "1_", "1__0",
		"0x_1", "0x1_", "-0x10", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
		"99999999999999999999999", "2147483647", "2147483648", "-2147483648", "-2147483649", "00000000000000000000001", "1e3", "٣", "\xff", "12a", "9999999999999999999999x", "0x1g",
		"0xffffffffffffffff", "0xffffffffffffffff0", "1_2_3", "0_", "0b_1", "0b", "0o", "ff", "-0", "+0x1", "a\"b"} {
		number := func(v any, err error) string {
			if err != nil {
				return err.Error()
			}
			return fmt.Sprint(v)
		}
		a, aerr := strconv.Atoi(s)
		d32, err32 := strconv.ParseInt(s, 10, 32)
		z64, zerr := strconv.ParseInt(s, 0, 64)
		b, berr := strconv.ParseBool(s)
		row("number", s, number(a, aerr), number(d32, err32), number(z64, zerr), number(b, berr))
	}
	for _, s := range []string{"1", "t", "T", "true", "True", "TRUE", "tRUE", "yes", "0", "f", "F", "false", "False", "FALSE", "no", "on"} {
		b, err := strconv.ParseBool(s)
		row("bool", s, fmt.Sprint(b), fmt.Sprint(err))
	}
	for _, s := range []string{"", "0", "-0", "1", "+1.5", "-1.5e3", ".5", "5.", ".", "-.", "e5", "1e", "1e+", "1e400", "-1e400", "1e-400", "1e99999999999999999999", "inf", "+Inf", "-INFINITY", "infinit", "infi",
		"nan", "NaN", "+nan", "-nan", "1_000", "1_", "_1", "1__0", "1_.5", "1._5", "1e_5", "1e1_0", "1_e5", "0x1p4", "0x1.8p1", "0x.8p0", "0x1", "0xp1", "0x1p", "0x1p+", "0x1p-1074", "0x1p-1075",
		"0x1.8p-1075", "0x1.fffffffffffff8p1023", "0x1.fffffffffffff7p1023", "0x1p1024", "0x1.00000000000008p0", "0x1.000000000000081p0", "0x1.00000000000018p0", "0x123456789abcdef01p0", "0x123456789abcdef00000000000000000001p0",
		"0x0.000000000000000000000001p0", "0x_1p4", "0x1_0p4", "0x1p_4", "0x1p4_0", "-0x1p4", "0X1P4", "0x1p99999999999", "0x1p-99999999999", "0x0p99999", "1.7976931348623157e308", "1.7976931348623159e308",
		"4.9e-324", "2.4e-324", "0.1", "1e23", "abc", "1 ", " 1", "1.2.3", "0x1.2.3p1", "0b1", "١", "\xff1", "0x", "in_f", "0x1.p1", "0xfffffffffffffp-1080", "0x1.ffffffffffffffp-1023", "1d5", "1f"} {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			row("parsefloat", s, err.Error())
		} else {
			row("parsefloat", s, fmt.Sprintf("%016x", math.Float64bits(f)))
		}
	}
	for _, v := range []uint64{0, 1, 10, 255, 1 << 32, math.MaxUint64} {
		row("hex", fmt.Sprint(v), fmt.Sprintf("%#x", v))
	}
}
