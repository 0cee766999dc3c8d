//! What own code burns CPU on: the library function it calls, by name, and what that is called in a sentence.

use super::code::Frame;

/// How much of something is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Custom {
    /// Needs no doing again and again: a quarter of the CPU is too much.
    Once,
    /// Goes along with other work: half of the CPU is too much.
    Aside,
    /// Is what many services do all day: only when hardly anything else is left.
    Work,
}

/// One thing to burn CPU on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Burn {
    /// In a sentence behind "spent".
    pub(super) what: &'static str,
    pub(super) custom: Custom,
    /// Beginnings of the functions' names, with a blank between.
    names: &'static str,
    /// Whether it calls back into own code, which then works for it.
    calls_back: bool,
}

const fn row(what: &'static str, custom: Custom, names: &'static str) -> Burn {
    Burn {
        what,
        custom,
        names,
        calls_back: false,
    }
}

/// The first row that fits counts.
static BURNS: &[Burn] = &[
    row(
        "compiling regular expressions",
        Custom::Once,
        "regexp.Compile regexp.MustCompile regexp.compile regexp.Match regexp/syntax.",
    ),
    row(
        "parsing templates",
        Custom::Once,
        "text/template.(*Template).Parse text/template/parse. html/template.(*Template).Parse html/template.Parse",
    ),
    row("loading time zones", Custom::Once, "time.LoadLocation"),
    row(
        "starting programs",
        Custom::Aside,
        "os/exec. os.StartProcess",
    ),
    row(
        "looking up hosts",
        Custom::Aside,
        "net.(*Resolver). net.Lookup",
    ),
    row(
        "writing down stacks",
        Custom::Once,
        "runtime.Stack runtime.Caller runtime/debug.Stack runtime/debug.PrintStack",
    ),
    row(
        "collecting garbage by order",
        Custom::Once,
        "runtime.GC runtime/debug.FreeOSMemory runtime.ReadMemStats runtime/debug.ReadGCStats",
    ),
    row(
        "deriving keys and hashing passwords",
        Custom::Aside,
        "golang.org/x/crypto/bcrypt. golang.org/x/crypto/scrypt. golang.org/x/crypto/argon2. golang.org/x/crypto/pbkdf2. \
         golang.org/x/crypto/blowfish. crypto/pbkdf2. crypto/hkdf.",
    ),
    row("speaking TLS", Custom::Work, "crypto/tls."),
    row(
        "public-key cryptography",
        Custom::Aside,
        "crypto/rsa. crypto/ecdsa. crypto/ecdh. crypto/ed25519. crypto/elliptic. crypto/x509. crypto/dsa.",
    ),
    row(
        "hashing",
        Custom::Aside,
        "crypto/sha crypto/md5. crypto/hmac. hash/ golang.org/x/crypto/blake",
    ),
    row("random numbers", Custom::Aside, "crypto/rand. math/rand"),
    row("encryption", Custom::Work, "crypto/ golang.org/x/crypto/"),
    Burn {
        calls_back: true,
        ..row("sorting", Custom::Aside, "sort. slices.Sort slices.pdq")
    },
    Burn {
        calls_back: true,
        ..row("searching in slices", Custom::Aside, "slices.")
    },
    row(
        "JSON",
        Custom::Work,
        "encoding/json github.com/json-iterator/ github.com/goccy/go-json github.com/bytedance/sonic github.com/mailru/easyjson",
    ),
    row(
        "encoding and decoding",
        Custom::Work,
        "encoding/ google.golang.org/protobuf/ github.com/golang/protobuf/ github.com/gogo/protobuf/ gopkg.in/yaml sigs.k8s.io/yaml \
         github.com/vmihailenco/msgpack github.com/BurntSushi/toml",
    ),
    row(
        "compression",
        Custom::Work,
        "compress/ archive/ github.com/klauspost/ github.com/golang/snappy github.com/pierrec/lz4 github.com/andybalholm/brotli",
    ),
    row("templates", Custom::Work, "text/template. html/template."),
    row(
        "writing logs",
        Custom::Work,
        "log. log/ go.uber.org/zap github.com/sirupsen/logrus. github.com/rs/zerolog k8s.io/klog github.com/go-kit/log",
    ),
    row(
        "HTTP",
        Custom::Work,
        "net/http golang.org/x/net/http2. google.golang.org/grpc",
    ),
    row("SQL", Custom::Work, "database/sql."),
    row("formatting text", Custom::Aside, "fmt."),
    row(
        "matching regular expressions",
        Custom::Aside,
        "regexp. github.com/dlclark/regexp2",
    ),
    row("big numbers", Custom::Aside, "math/big."),
    row("images", Custom::Work, "image."),
    row("numbers in text", Custom::Aside, "strconv."),
    row(
        "joining strings",
        Custom::Aside,
        "runtime.concatstring strings.Join strings.Repeat",
    ),
    row(
        "searching in text",
        Custom::Aside,
        "strings. bytes. unicode internal/bytealg. internal/stringslite. runtime.cmpstring",
    ),
    row(
        "copies between strings and bytes",
        Custom::Aside,
        "runtime.slicebytetostring runtime.stringto runtime.slicerunetostring runtime.intstring",
    ),
    row(
        "maps",
        Custom::Aside,
        "runtime.map internal/runtime/maps. aeshash runtime.aeshash runtime.memhash runtime.strhash runtime.nilinterhash sync.(*Map)",
    ),
    row(
        "asking for the time",
        Custom::Aside,
        "time.Now time.Since time.Until runtime.nanotime runtime.walltime time.now",
    ),
    row(
        "polling instead of waiting",
        Custom::Aside,
        "runtime.Gosched runtime.selectnb time.Sleep",
    ),
    row(
        "timers",
        Custom::Aside,
        "time.After time.New time.Tick time.(*Timer) time.(*Ticker) context.With",
    ),
    row(
        "fighting over locks",
        Custom::Aside,
        "sync.(*Mutex) sync.(*RWMutex) internal/sync.(*Mutex) runtime.procyield runtime.lock",
    ),
    row(
        "channels",
        Custom::Aside,
        "runtime.chan runtime.select runtime.closechan",
    ),
    row(
        "starting goroutines",
        Custom::Aside,
        "runtime.newproc runtime.goexit0",
    ),
    row(
        "reflection",
        Custom::Aside,
        "reflect. internal/reflectlite.",
    ),
    row(
        "panics",
        Custom::Once,
        "runtime.gopanic runtime.gorecover runtime.panic",
    ),
    row(
        "allocating",
        Custom::Aside,
        "runtime.mallocgc runtime.newobject runtime.makeslice runtime.growslice runtime.newarray runtime.makemap runtime.makechan",
    ),
    row(
        "copying memory",
        Custom::Aside,
        "runtime.memmove runtime.typedmemmove runtime.typedslicecopy runtime.duffcopy",
    ),
    row("calls into C", Custom::Work, "runtime.cgocall"),
    row(
        "asking the kernel",
        Custom::Work,
        "syscall. internal/poll. internal/syscall internal/runtime/syscall runtime/internal/syscall golang.org/x/sys/ os. net.",
    ),
];

/// What a function is, where it is none of own code.
fn of(frame: &Frame<'_>) -> Option<&'static Burn> {
    let begins = |burn: &&Burn| {
        burn.names
            .split(' ')
            .any(|name| frame.name.starts_with(name.as_bytes()))
    };
    match frame.is_own() {
        true => None,
        false => BURNS.iter().find(begins),
    }
}

/// Which own frame a stack, leaf first, is put down to, and on what it was spent there; nothing for its own code.
pub(super) fn charge(frames: &[Frame<'_>]) -> Option<(usize, Option<&'static Burn>)> {
    let mut at = frames.iter().position(Frame::is_own)?;
    let mut burn = frames[..at].iter().rev().find_map(of);
    // A comparison that somebody wrote for a sort works for who sorts.
    let outer = frames.iter().enumerate().skip(at + 1);
    for (index, called) in outer.filter(|(_, frame)| !frame.is_own()) {
        let back = of(called).filter(|burn| burn.calls_back);
        let caller = frames[index..].iter().position(Frame::is_own);
        if let Some((back, caller)) = back.zip(caller) {
            (at, burn) = (index + caller, Some(back));
            break;
        }
    }
    Some((at, burn))
}

#[cfg(test)]
mod tests {
    use super::super::test::{Snapshots, evidence};
    use super::*;

    fn charged(stack: &str) -> (String, &'static str) {
        let text = format!("{stack} 10000000");
        let snapshots = Snapshots {
            cpu: &text,
            ..Snapshots::default()
        };
        evidence(snapshots, |evidence| {
            let code = evidence.cpu.as_ref().unwrap();
            let mut found = None;
            super::super::place::spots_of(code, 0, &mut |frames, _| {
                let (at, burn) = charge(frames).unwrap();
                found = Some((frames[at].short(), burn.map_or("", |burn| burn.what)));
                Some(at)
            });
            found.unwrap()
        })
    }

    #[test]
    fn the_library_nearest_to_own_code_says_on_what() {
        let compile =
            "main.f a/f.go:1;regexp.MustCompile regexp/r.go:1;runtime.mallocgc runtime/m.go:1";
        assert_eq!(
            charged(compile),
            ("main.f".to_string(), "compiling regular expressions")
        );
        assert_eq!(
            charged("main.f a/f.go:1;runtime.mapaccess2 runtime/m.go:1").1,
            "maps"
        );
        assert_eq!(charged("main.f a/f.go:1").1, "");
    }

    #[test]
    fn own_code_that_a_sort_calls_works_for_who_sorts() {
        let less = "main.add a/f.go:1;sort.Slice sort/s.go:1;main.add.func1 a/f.go:9";
        assert_eq!(charged(less), ("main.add".to_string(), "sorting"));
        let handler = "net/http.(*conn).serve net/http/s.go:1;main.f a/f.go:9";
        assert_eq!(charged(handler), ("main.f".to_string(), ""));
    }
}
