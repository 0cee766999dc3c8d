//go:build ignore

// Prints which names of sources are URLs to pprof, what it then asks for and how long it waits,
// and where a redirect leads.
package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var names = []string{
	"localhost", "foo/bar", "-", "", ".", "/etc/passwd", "a.pb.gz", "x?y", "x#y", "*", "%zz", "a b",
	"file:///x", "file:x", "file://h/x", "FILE:///x", "http://", "http:///x", "http:x", "http:/x", "https:", "mailto:a",
	"127.0.0.1:16060", "localhost:16060/debug/pprof/heap?gc=1", ":16060/debug/pprof/heap", ":6060", ":", "::1", "[::1]:6060",
	"http://[::1]:6060/x", "http://[::1", "http://[1.2.3.4]/", "http://[::ffff:1.2.3.4]/", "http://[fe80::1%25en0]:80/x",
	"http://[fe80::1%en0]/", "http://[fe80::1%25]/", "http://[fe80::1%25a%20b]/", "http://x[::1]/", "http://[::1]x/", "http://[::1]:y/",
	"http://h", "http://h/", "http://h/%2F", "http://h/%2f?a", "http://h?", "http://h/?x", "http://h/x?", "http://h/x??", "http://h/x?#f",
	"http://h/x?b=2&a=1&seconds=5", "http://h/x?seconds=-5", "http://h/x?seconds=5s", "http://h/x?seconds=99999999999", "http://h/x?seconds=7&seconds=8",
	"http://h/x?a=1;b=2", "http://h/x?a=%zz&b=1", "http://h/x?&&=v&k", "http://h/x?a+b=c%20d&%41=%2B", "http://h/x?z&Z&a=2&a=1", "http://h/x?ä=é",
	"http://u:p@h/a%20b/%41?q", "http://u@h/", "http://:p@h/", "http://u:@h/", "http://u:p:q@h/", "http://u%40d:p%2Fw@h/", "http://a@b@h/", "http://u p@h/", "http://@h/",
	"u:p@h:80/x", "http://h:80:90/", "ftp://h:80:90/p", "ftp://h/p", "HTTP://H/P", "https://h/x", "https+insecure://h/x", "1http://h/", "h-1+2.x://h/",
	"http://h:/x", "http://h:x/", "http://h:99999/x", "http://h x/", "http://h%41/", "http://h%C3%A4/", "http://hä/ö", "http://h<>\"/", "http://h%25/",
	"//h/x", "///h/x", "////h", "http:////h", "abc:123/mem_2023-11-02_03:55:24", "mem_2023-11-02_03:55:24", "C:foo", "a:b:c", "foo:6060/x:y", "x/y:z",
	"http://h/a b", "http://h/a%2Fb", "http://h/%", "http://h/%4", "http://h/[1]|{}^`\"<>", "http://h/\xff", "http://h/x\x7f", "http://h/x\n", "http://h/x#a b", "http://h/x#%zz", "http://h/x#%41(!)'ä",
	"http://h/x?" + strings.Repeat("a&", 3),
}

// wanted tells what pprof makes of a name.
func wanted(name string, seconds, timeout int) (*url.URL, time.Duration) {
	u, err := url.Parse(name)
	if err != nil || u.Host == "" && u.Scheme != "" && u.Scheme != "file" {
		if u, err = url.Parse("http://" + name); err != nil {
			return nil, 0
		}
	}
	if u.Host == "" {
		return nil, 0
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/debug/pprof/profile"
	}
	query, duration := u.Query(), time.Duration(seconds)*time.Second
	if duration > 0 {
		query.Set("seconds", strconv.Itoa(int(duration.Seconds())))
	} else if asked, err := strconv.ParseInt(query.Get("seconds"), 10, 32); err == nil {
		duration = time.Duration(asked) * time.Second
	}
	u.RawQuery = query.Encode()
	wait := time.Duration(timeout) * time.Second
	if wait <= 0 && duration > 0 {
		wait = duration + duration/2
	} else if wait <= 0 {
		wait = time.Minute
	}
	return u, wait
}

// masked is what net/http shows in its errors.
func masked(u *url.URL) string {
	if _, set := u.User.Password(); set {
		return strings.Replace(u.String(), u.User.String()+"@", u.User.Username()+":***@", 1)
	}
	return u.String()
}

func main() {
	for _, name := range names {
		if u, wait := wanted(name, -1, -1); u == nil {
			row("file", name)
		} else {
			host, port := u.Hostname(), u.Port()
			row("url", name, u.String(), masked(u), strconv.FormatInt(int64(wait), 10), host, port, u.RequestURI())
		}
	}
	for _, flags := range [][2]int{{90, -1}, {1, -1}, {0, 5}, {30, 7}, {1 << 40, -1}, {1 << 62, -1}, {-1, 1 << 40}, {3, 0}} {
		u, wait := wanted("http://h/x?b=1&seconds=5&a", flags[0], flags[1])
		row("flags", fmt.Sprint(flags[0]), fmt.Sprint(flags[1]), u.String(), strconv.FormatInt(int64(wait), 10))
	}
	for _, base := range []string{"http://u:p@h:1/a/b/c?q=1#f", "http://h", "http://h/a/"} {
		for _, ref := range []string{"", "d", "./d", "../d", "../../../d", "/", "/x/../y", "..", ".", "//o/x", "//u2@o", "http://o:2/x", "https://h/x",
			"?r=2", "?", "#g", "x?y#z", "a//b", "/.//x", "//", "mailto:x", "ftp://h/x", "%zz", ":x", "a:b", "/a%2Fb/../c"} {
			u, _ := url.Parse(base)
			if to, err := u.Parse(ref); err != nil {
				row("refused", base, ref)
			} else if to.Host == "" {
				row("nowhere", base, ref)
			} else {
				row("to", base, ref, to.String())
			}
		}
	}
}
