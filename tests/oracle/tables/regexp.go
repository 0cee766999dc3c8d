//go:build ignore

// Prints what Go's regexp makes of generated patterns: the pattern, then either the error, or an empty field and
// for each text a pair: the text, and 1 where it matches. REGEXP_CASES and REGEXP_SEED make it a longer or another run.
package main

import (
	"math/rand"
	"os"
	"regexp"
	"strconv"
	"strings"
)

var fixed = []string{"", "(", ")", "a)", "(a", "a**", "a*+", "a+*?", "a??", "a???", "*", "+a", "?", "|*", "a|*", "(*)", "(?i)*", "^*", "$+", "\\b*", "()*", "(?:)*", "[a", "[", "[]", "[]a]", "[^]a]", "[^", "[z-a]", "[a-\\d]", "[\\d-z]", "[a-]", "[-a]", "[a-b-c]",
	"[[:alpha:]]", "[[:^alpha:]]", "[[:foo:]]", "[[:word:]x]", "[:alpha:]", "[[:alpha:]", "[[:alpha]]", "[[.a.]]", "\\8", "\\1", "\\12", "\\07", "\\0", "\\x", "\\x1", "\\x41", "\\x{41}", "\\x{}", "\\x{110000}", "\\x{10ffff}", "\\x{4g}", "\\x{41", "\\xzz", "\\q", "\\_", "\\-", "\\é", "\\", "a\\", "[\\", "[\\x", "\\C", "[\\C]", "\\Z", "\\z", "\\A", "\\G",
	"a{2}", "a{1001}", "a{2,1}", "a{1000}", "a{,2}", "a{2,}", "a{2", "a{x}", "a{01}", "{2}", "a{2}{3}", "(a{2}){3}", "(a{100}){11}", "(a{100}){10}", "((a{10}){10}){10}", "((a{10}){10}){11}", "a{99999999999}", "a{1,99999999999}", "a{0}", "a{0,0}", "(a{0}){1000}", "((a{1000}){0}){1000}", "(a{0,1000}){2}", "(a{2,}){501}", "(a*){1000}", "a{1000}{1000}", "(?:a{1000}b){2}", "a{2}?", "a{2}??",
	"(?i)k", "(?i)K", "(?i)\u212a", "(?i)s", "(?i)[k-l]", "(?i)[^k]", "(?i)\\w", "(?i)\\W", "(?i)[[:upper:]]", "(?i)[[:^upper:]]", "(?i)σ", "(?i)\\p{Lu}", "(?i)\\P{Lu}", "(?i)\\pN", "(?i)[^\\p{Lu}]", "(?i)ǆ", "(?i)ß", "(?i)\u0345", "(?i)\\p{Greek}", "(?i)[[:ascii:]]",
	"\\pL", "\\p{L}", "\\PL", "\\p{^L}", "\\P{^L}", "\\p{Greek}", "\\p{greek}", "\\p{GREEK}", "\\p{Lu}", "\\p{lu}", "\\p{LC}", "\\p{L&}", "\\p{Letter}", "\\p{Uppercase_Letter}", "\\p{uppercase letter}", "\\p{Any}", "\\P{Any}", "\\p{ASCII}", "\\p{Assigned}", "\\P{assigned}", "\\p{Cn}", "\\p{C}", "\\p{Old_Italic}", "\\p{olditalic}", "\\p{Unknown}", "\\p{}", "\\p{^}", "\\p", "\\pX", "\\p{Foo", "\\p{Foo}", "[\\pL\\pN]", "[^\\pL]", "[\\p{Foo}]", "\\p{cntrl}", "\\p{punct}", "\\p{Zs}", "\\pé", "\\p{Katakana}|\\p{Han}",
	"(?P<n>a)", "(?<n>a)", "(?P<n>a)(?P<n>b)", "(?P<n", "(?<n", "(?P<>a)", "(?<>a)", "(?P<n!>a)", "(?P=n)", "(?P>n)", "(?<=a)", "(?<!a)", "(?=a)", "(?!a)", "(?#c)", "(?'n'a)", "(?", "(?i", "(?i)", "(?:", "(?i:a)", "(?i-s:a)", "(?-)a", "(?--i)a", "(?i-)a", "(?-i)a", "(?)a", "(?ims-U)a", "(?x)a", "(?U)a+", "(?P", "(?P<", "(?<", "(?s).", ".", "(?m)^a$", "^a$", "(?m)$", "\\Aa\\z", "(?i)(?-i)A", "a(?i)b|c", "(a(?i)b)c", "(?i:a)b",
	"\\Qa.b\\E", "\\Qa*\\E*", "a*\\Q\\E*", "\\Q", "\\Q\\", "\\Q\\E", "\\E", "[\\Qa\\E]", "\\bfoo\\b", "\\Bfoo", "\\b", "\\B", "^\\b", "\\B$", "a\\b", "\\bé", "x*", "(x*)*", "(x*)+", "(x+x+)+y", "(a|b|)*", "(|a)*", "(a*|b)*c", "((a)|b)?c",
	"\xff", "a\xff", "[\xff]", "[a-\xff]", "(?\xff", "(?P<\xff>a)", "(?P<\xff", "\\\xff", "\\x{\xff", "\\p{\xff}", "\\p{\xff", "\\Q\xff", "\\p\xff", "\ufffd", "[\ufffd]", "\\x{fffd}", "[^\ufffd]", "\ufffdx", "a\ufffd", "\\x{d800}", "[^a]", "[^\\n]", "^.$", "^..$", "(?s)^.$", "^\\W$", "\\x{ff}", "é", "[é-ü]",
	strings.Repeat("(", 999) + "a" + strings.Repeat(")", 999), strings.Repeat("(", 1000) + "a" + strings.Repeat(")", 1000), strings.Repeat("(?:", 1500) + "a" + strings.Repeat(")", 1500), strings.Repeat("(?:a", 1200) + strings.Repeat(")*", 1200), strings.Repeat("(?:b", 900) + strings.Repeat(")*", 900), strings.Repeat("(", 1100),
	"^(runtime\\.goexit|runtime\\.main)$", "^(.*\\.gopark)$", "sarama|http", "(?i)kafka.*send", "^main\\.", "net/http\\.\\(\\*conn\\)\\.serve", "runtime\\.(mallocgc|newobject|growslice)", "\\[go\\.shape\\..*\\]", "func[0-9]+(\\.[0-9]+)*$", "a\\;b",
	"(?i)(?:straSSe|Straße)", "[[:space:]]+", "\\s\\S\\d\\D\\w\\W", "\\a\\f\\t\\n\\r\\v", "\\x7f\\177", "(?m)^$", "(?m)\\A\\z", "$^", "^^a", "a$$", "a^", "$a"}

var texts = []string{"", "a", "b", "ab", "ba", "aa", "aab", "abab", "A", "k", "K", "\u212a", "s", "S", "ſ", "σ", "ς", "Σ", "é", "É", "ß", "ẞ", "ǅ", "ǆ", "\u0345", "ι", "\n", "a\n", "\na", "a\nb", "\n\n", " ", "_", "-", "0", "9", "a1", "x", "xx", "xxy", "foo", "foo bar", "xfoo", "afoob", "\xff", "a\xff", "\xffa", "\xe2\x82", "\xe2\x82\xac", "\ufffd", "\ufffdx", "\xffx", "\xed\xa0\x80", "\xc0\xaf",
	"日本", "カ", "\u0378", "\U0010ffff", "\x00", "\x7f", "]", "[", "{2}", "{", "}", "a{2", "a,2}", ".", "a.b", "a*", "aa*", "*", "\\", "é1", "aé", "(", ")", "|", "a;b", "!", "~", ":", "z", "Z", "strasse", "STRASSE", "straße",
	"runtime.goexit", "runtime.gopark", "main.main", "xmain.", "net/http.(*conn).serve", "github.com/IBM/sarama.(*Broker).Send", "example.com/Kafka/x.(*Y).sendMessage", "runtime.mallocgc", "main.Foo[go.shape.int]", "main.f.func1.2", "main.f.func12", strings.Repeat("a", 200), strings.Repeat("a", 1000), strings.Repeat("ab", 50) + "c"}

func main() {
	cases, _ := strconv.Atoi(os.Getenv("REGEXP_CASES"))
	seed, _ := strconv.Atoi(os.Getenv("REGEXP_SEED"))
	if cases == 0 {
		cases = 1100
	}
	random := rand.New(rand.NewSource(int64(seed) + 5))
	for _, pattern := range fixed {
		show(pattern, texts[:min(len(texts), 6)], random, 9)
	}
	for i := 0; i < cases; i++ {
		show(mutate(generate(random, 1+random.Intn(4)), random), nil, random, 6)
	}
}

func show(pattern string, always []string, random *rand.Rand, count int) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		row(pattern, err.Error())
		return
	}
	fields := []string{pattern, ""}
	add := func(text string) {
		matches := "0"
		if re.MatchString(text) {
			matches = "1"
		}
		fields = append(fields, text, matches)
	}
	for _, text := range always {
		add(text)
	}
	for i := 0; i < count; i++ {
		add(someText(pattern, random))
	}
	row(fields...)
}

// someText is one of texts, or made of pieces of the pattern and of texts.
func someText(pattern string, random *rand.Rand) string {
	if random.Intn(3) == 0 {
		return texts[random.Intn(len(texts))]
	}
	text := ""
	for n := random.Intn(6); n > 0; n-- {
		switch random.Intn(4) {
		case 0:
			if len(pattern) < 100 {
				from := random.Intn(len(pattern) + 1)
				text += pattern[from:min(len(pattern), from+1+random.Intn(3))]
			}
		case 1:
			text += texts[random.Intn(60)]
		case 2:
			text += strings.ToUpper(texts[random.Intn(40)])
		case 3:
			text += string([]rune{'a' + rune(random.Intn(4))})
		}
	}
	return text
}

var atoms = []string{"a", "b", "c", "ab", "k", "s", "σ", "é", "日", ".", "^", "$", "\\b", "\\B", "\\A", "\\z", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "\\pL", "\\PL", "\\p{Lu}", "\\p{Greek}", "\\p{^Han}", "\\pN", "[ab]", "[^ab]", "[a-c]", "[^a-c\\n]", "[[:alpha:]]", "[[:^space:]x]", "[\\d_]", "[\\pLk]", "[^\\W]",
	"[k-t]", "[A-Z]", "\\n", "\\x{41}", "\\x{fffd}", "\\.", "\\Qa.\\E", "\\101", "foo", "main", "\\t", "()", "(?:)", "[é-ü]", "[^\\x00-\\x7f]", "x", "_", "1", "-", " "}

func generate(random *rand.Rand, depth int) string {
	if depth == 0 {
		return atoms[random.Intn(len(atoms))]
	}
	sub := func() string { return generate(random, depth-1) }
	switch random.Intn(12) {
	case 0, 1, 2, 3:
		return sub() + sub()
	case 4, 5:
		return sub() + "|" + sub()
	case 6:
		return "(" + sub() + ")" + []string{"*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}", "{0}", "*?", "+?", "??", "{1,2}?"}[random.Intn(12)]
	case 7:
		return "(?:" + sub() + ")" + []string{"*", "+", "?", "{3}"}[random.Intn(4)]
	case 8:
		return []string{"(?i)", "(?s)", "(?m)", "(?U)", "(?im)", "(?-i)", "(?ims)"}[random.Intn(7)] + sub()
	case 9:
		return []string{"(?i:", "(?m:", "(?s:", "(?-i:", "(?P<n>", "(?<m>", "("}[random.Intn(7)] + sub() + ")"
	case 10:
		return "^" + sub() + "$"
	default:
		return sub()
	}
}

// mutate breaks one pattern in five.
func mutate(pattern string, random *rand.Rand) string {
	if random.Intn(5) > 0 || pattern == "" {
		return pattern
	}
	at := random.Intn(len(pattern))
	pieces := []string{"(", ")", "[", "]", "*", "+", "?", "{", "}", "{1001}", "{2}", "\\", "|", "(?", "(?i)", "^", "-", "\\p", "\\x", "[:", ":]", "\xff", "**", "(?P<", ">", "é", ","}
	switch random.Intn(3) {
	case 0:
		return pattern[:at] + pattern[at+1:]
	case 1:
		return pattern[:at] + pieces[random.Intn(len(pieces))] + pattern[at:]
	default:
		return pattern[:at]
	}
}
