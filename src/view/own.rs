//! Which functions are the service's own code, and which came with Go or with a dependency.
//!
//! The one place that decides it. Go says it nowhere, but file names tell: the standard library lies
//! under the GOROOT that the runtime's own frames reveal (under -trimpath a list of packages has to
//! do), a dependency has `@version`, `/vendor/` or `/third_party/` in its path. In builds that have neither, as those
//! of distributions, whatever lies outside the module of `main.main` is a dependency.

use std::borrow::Cow;

use super::View;
use super::filter::push;
use super::step::{Mark, Step};
use crate::go::path::base;
use crate::go::regexp::Regexp;
use crate::hash::Map;
use crate::model::{FunctionId, Profile, Ragged};

/// The packages of the standard library, by their first element.
const STANDARD: &[(&str, &str)] = &[
    (
        "",
        "bufio bytes cmp context crypto embed encoding errors expvar flag fmt hash html image io iter log maps math mime net \
         os path plugin reflect regexp runtime slices sort strconv strings structs sync syscall testing time unicode unique \
         unsafe uuid weak",
    ),
    ("archive", "tar zip"),
    ("compress", "bzip2 flate gzip lzw zlib"),
    ("container", "heap list ring"),
    (
        "crypto",
        "aes cipher des dsa ecdh ecdsa ed25519 elliptic fips140 hkdf hmac hpke md5 mldsa mlkem mlkem/mlkemtest pbkdf2 rand \
         rc4 rsa sha1 sha256 sha3 sha512 subtle tls x509 x509/pkix",
    ),
    ("database", "sql sql/driver"),
    ("debug", "buildinfo dwarf elf gosym macho pe plan9obj"),
    (
        "encoding",
        "ascii85 asn1 base32 base64 binary csv gob hex json json/jsontext json/v2 pem xml",
    ),
    (
        "go",
        "ast build build/constraint constant doc doc/comment format importer parser printer scanner token types version",
    ),
    ("hash", "adler32 crc32 crc64 fnv maphash"),
    ("html", "template"),
    ("image", "color color/palette draw gif jpeg png"),
    ("index", "suffixarray"),
    ("io", "fs ioutil"),
    ("log", "slog syslog"),
    ("math", "big bits cmplx rand rand/v2"),
    ("mime", "multipart quotedprintable"),
    (
        "net",
        "http http/cgi http/cookiejar http/fcgi http/httptest http/httptrace http/httputil http/pprof mail netip rpc \
         rpc/jsonrpc smtp textproto url",
    ),
    ("os", "exec signal user"),
    ("path", "filepath"),
    ("regexp", "syntax"),
    ("runtime", "cgo coverage debug metrics pprof race trace"),
    ("sync", "atomic"),
    (
        "testing",
        "cryptotest fstest iotest quick slogtest synctest",
    ),
    ("text", "scanner tabwriter template template/parse"),
    ("time", "tzdata"),
    ("unicode", "utf16 utf8"),
];

/// Whose code a function is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Go's: the runtime and the standard library.
    Library,
    /// A dependency's, or no Go at all.
    Dependency,
    /// The service's.
    Own,
}

/// The functions of a profile by whose they are.
#[derive(Debug)]
pub(crate) struct Own(Vec<Whose>);

impl Own {
    /// Sorts the functions of a profile; what `pattern` matches by name or file is own code, nothing
    /// else, where there is a pattern.
    pub(crate) fn of(profile: &Profile, pattern: Option<&Regexp>) -> Own {
        let functions = &profile.functions;
        let texts = (0..functions.len()).map(|row| {
            let (name, file) = (functions.name[row], functions.filename[row]);
            (profile.text(name), profile.text(file))
        });
        let house = House::of(texts.clone(), binary(profile));
        let told: Vec<_> = texts.clone().map(|text| house.whose(text)).collect();
        let mut packages: Map<&[u8], Whose> = Map::default();
        for ((name, _), told) in texts.clone().zip(&told) {
            if let Some(whose) = told {
                packages.entry(package(name)).or_insert(*whose);
            }
        }
        let settled = texts.zip(told).map(|((name, file), told)| {
            // A wrapper that the compiler wrote is its package's; it has no file to tell by.
            let known = told.or_else(|| packages.get(package(name)).copied());
            let whose = known.unwrap_or(Whose::Own);
            match pattern {
                Some(pattern) if pattern.is_match(name) || pattern.is_match(file) => Whose::Own,
                Some(_) if whose == Whose::Own => Whose::Dependency,
                _ => whose, // as the paths tell
            }
        });
        Own(settled.collect())
    }

    /// Whose code a function is; the frames of tagroot and tagleaf count as the service's.
    pub(crate) fn whose(&self, function: FunctionId) -> Whose {
        self.0.get(function.at()).copied().unwrap_or(Whose::Own)
    }

    /// Whether a function is the service's own.
    pub(crate) fn has(&self, function: FunctionId) -> bool {
        self.whose(function) == Whose::Own
    }
}

/// Where the code of a program lies.
struct House<'p> {
    /// The folder of the standard library, with its last slash; empty under -trimpath.
    library: &'p [u8],
    /// The module of `main.main` where its path tells one: up to `@version/`, or its host and names.
    module: Option<&'p [u8]>,
    /// Whether nothing but the module tells own code from dependencies.
    by_module: bool,
}

impl<'p> House<'p> {
    fn of(texts: impl Iterator<Item = (&'p [u8], &'p [u8])> + Clone, binary: &[u8]) -> House<'p> {
        let revealed = texts.clone().find_map(|(name, file)| {
            let inside = package(name) == b"runtime" && !name.starts_with(b"runtime/");
            let at = find(file, b"/src/runtime/").filter(|_| inside)?;
            file.get(..at + b"/src/".len())
        });
        let library = revealed.unwrap_or_default();
        let outside = |file: &[u8]| library.is_empty() || !file.starts_with(library);
        let versions = texts
            .clone()
            .any(|(_, file)| outside(file) && (versioned(file).is_some() || vendored(file)));
        let is_main = |(name, _): &(&[u8], &[u8])| package(name) == b"main";
        let mains = texts.clone().filter(is_main);
        let module = mains.map(|(_, file)| file).find_map(|file| {
            let in_cache = versioned(file).and_then(|end| file.get(..end));
            in_cache.or_else(|| module(file).filter(|_| !versions))
        });
        // A program whose main is in no stack is mostly named like its module.
        let module = module.or_else(|| {
            let named = |module: &&[u8]| base(module) == binary;
            let mut modules = texts.filter_map(|(_, file)| self::module(file));
            modules.find(named).filter(|_| !versions)
        });
        House {
            library,
            module,
            by_module: !versions && module.is_some(),
        }
    }

    /// Whose code a function is; `None` where its file does not tell.
    fn whose(&self, (name, file): (&[u8], &[u8])) -> Option<Whose> {
        if !name.contains(&b'.') {
            return Some(Whose::Dependency); // C has no packages
        }
        let in_library = !self.library.is_empty() && file.starts_with(self.library);
        if in_library || is_standard(package(name)) {
            return Some(Whose::Library);
        }
        if !file.contains(&b'/') && !file.contains(&b'\\') {
            return None;
        }
        let in_module = self.module.is_some_and(|module| file.starts_with(module));
        let outside = match in_module {
            true => false,
            false => {
                versioned(file).is_some() || self.by_module && host(after_source(file)).is_some()
            }
        };
        Some(match outside || vendored(file) {
            true => Whose::Dependency,
            false => Whose::Own,
        })
    }
}

/// The name of the main binary's file.
fn binary(profile: &Profile) -> &[u8] {
    let main = profile.mappings.first();
    main.map_or(&[], |main| base(profile.text(main.file)))
}

/// The import path of a function's package.
pub(crate) fn package(name: &[u8]) -> &[u8] {
    let plain = name.iter().position(|b| matches!(b, b'[' | b'('));
    let plain = &name[..plain.unwrap_or(name.len())];
    let last = plain
        .iter()
        .rposition(|b| *b == b'/')
        .map_or(0, |at| at + 1);
    let dot = plain[last..].iter().position(|b| *b == b'.');
    &plain[..dot.map_or(plain.len(), |dot| last + dot)]
}

/// Whether a package is one that Go comes with.
fn is_standard(package: &[u8]) -> bool {
    let Ok(package) = std::str::from_utf8(package) else {
        return false;
    };
    let inside = |(head, rest): (&str, &str)| {
        let mut rows = STANDARD.iter().filter(|row| row.0 == head);
        rows.any(|row| row.1.split(' ').any(|name| name == rest))
    };
    let first = package.split('/').next().unwrap_or_default();
    if package.contains("internal") && package.split('/').any(|part| part == "internal") {
        return first == "internal"
            || inside(("", first))
            || STANDARD.iter().any(|row| row.0 == first);
    }
    first == "vendor" || inside(package.split_once('/').unwrap_or(("", package)))
}

/// Where the path goes on behind an element with `@version`.
fn versioned(file: &[u8]) -> Option<usize> {
    let at = find(file, b"@v")?;
    let slash = file[at..].iter().position(|b| *b == b'/')?;
    Some(at + slash + 1)
}

fn vendored(file: &[u8]) -> bool {
    let folders: [&[u8]; 2] = [b"/vendor/", b"/third_party/"];
    folders.iter().any(|folder| find(file, folder).is_some())
}

/// The path of a package's file behind the last `/src/`, or as it is.
fn after_source(file: &[u8]) -> &[u8] {
    let sources = file.windows(5).rposition(|window| window == b"/src/");
    sources.map_or(file, |at| &file[at + 5..])
}

/// The length of the host's name that an import path starts with, its slash included.
fn host(path: &[u8]) -> Option<usize> {
    let slash = path.iter().position(|b| *b == b'/')?;
    let name = &path[..slash];
    (name.contains(&b'.') && !name.starts_with(b".")).then_some(slash + 1)
}

/// A file's path as far as it names its module: host and repository, with an owner between them on the
/// hosts that have owners.
fn module(file: &[u8]) -> Option<&[u8]> {
    const WITH_OWNERS: [&[u8]; 4] = [
        b"github.com/",
        b"gitlab.com/",
        b"bitbucket.org/",
        b"codeberg.org/",
    ];
    let path = after_source(file);
    let mut end = host(path)?;
    let names = match WITH_OWNERS.contains(&&path[..end]) {
        true => 2,
        false => 1,
    };
    for _ in 0..names {
        end += path[end..].iter().position(|b| *b == b'/')? + 1;
    }
    file.get(..file.len() - path.len() + end)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

impl View<'_> {
    /// Leaves only own code in every stack, and the frames of tagroot and tagleaf; drops samples without
    /// any. True when there was own code.
    pub(crate) fn keep_own(&mut self, own: &Own) -> bool {
        let mut table = Ragged::default();
        let mut hidden = Vec::with_capacity(self.location_count());
        for location in self.locations() {
            let lines = self.lines.row(location.at()).iter();
            push(
                &mut table,
                lines.filter(|line| own.has(line.function)).copied(),
            );
            hidden.push(table.row(location.at()).is_empty());
        }
        let functions = self.profile.functions.len();
        let met = table
            .items()
            .iter()
            .any(|line| line.function.at() < functions);
        self.lines = Cow::Owned(table);
        self.steps.push(Step::Names {
            marks: vec![Mark::Focus; hidden.len()],
            hidden: Some(hidden),
        });
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::profile;
    use crate::view::Base;

    /// The names of the own functions of a profile.
    fn own(text: &str) -> Vec<String> {
        own_by(text, None)
    }

    fn own_by(text: &str, pattern: Option<&Regexp>) -> Vec<String> {
        let profile = profile(text);
        let own = Own::of(&profile, pattern);
        let rows = (0..profile.functions.len() as u32).map(FunctionId::new);
        let names = rows.filter(|row| own.has(*row)).map(|row| {
            let name = profile.text(profile.functions.name[row.at()]);
            String::from_utf8(name.to_vec()).unwrap()
        });
        names.collect()
    }

    const BUILT: &str = "\
        runtime.main /usr/local/go/src/runtime/proc.go:1;main.main /app/main.go:1;my-go/kafka.Send /app/kafka/send.go:1 1
        net/http.(*conn).serve /usr/local/go/src/net/http/server.go:1;golang.org/x/net/http2.f /usr/local/go/src/vendor/golang.org/x/net/http2/f.go:1 1
        new/std.F /usr/local/go/src/new/std/f.go:1;github.com/acme/lib.F /home/me/lib/f.go:1 1
        github.com/x/y.F /go/pkg/mod/github.com/x/y@v1.2.3/f.go:1;github.com/x/z.F /app/vendor/github.com/x/z/f.go:1 1
        github.com/x/y.(*T).F <autogenerated>:1;my-go/kafka.(*T).F <autogenerated>:1;clone 1";

    #[test]
    fn the_rest_is_own() {
        let names = [
            "main.main",
            "my-go/kafka.Send",
            "github.com/acme/lib.F",
            "my-go/kafka.(*T).F",
        ];
        assert_eq!(own(BUILT), names);
    }

    #[test]
    fn without_paths_a_list_tells_the_standard_library() {
        let text = "\
            runtime.main runtime/proc.go:1;main.main shop/main.go:1;my-go/net.F my-go/net/f.go:1 1
            net/http.F net/http/f.go:1;vendor/golang.org/x/net.F vendor/golang.org/x/net/f.go:1 1
            internal/poll.F internal/poll/f.go:1;crypto/internal/bigmod.F crypto/internal/bigmod/f.go:1 1
            my-go/internal/q.F my-go/internal/q/f.go:1;net/other.F net/other/f.go:1 1
            github.com/x/y.F github.com/x/y@v2.0.0-20200101/f.go:1;math/rand/v2.F math/rand/v2/f.go:1 1";
        let names = [
            "main.main",
            "my-go/net.F",
            "my-go/internal/q.F",
            "net/other.F",
        ];
        assert_eq!(own(text), names);
    }

    #[test]
    fn without_versions_the_module_of_main_tells() {
        let text = "\
            runtime.main runtime/proc.go:1;main.main github.com/acme/svc/cmd/svc/main.go:1 1
            github.com/acme/svc/api.F github.com/acme/svc/api/f.go:1;github.com/acme/lib.F github.com/acme/lib/f.go:1 1
            golang.org/x/net.F golang.org/x/net/f.go:1;local.F local/f.go:1 1";
        assert_eq!(
            own(text),
            ["main.main", "github.com/acme/svc/api.F", "local.F"]
        );
    }

    #[test]
    fn a_program_installed_by_its_version_is_its_own() {
        let text = "\
            main.main /go/pkg/mod/go.acme.io/svc@v1.2.3/main.go:1;go.acme.io/svc/api.F /go/pkg/mod/go.acme.io/svc@v1.2.3/api/f.go:1 1
            go.acme.io/lib.F /go/pkg/mod/go.acme.io/lib@v1.2.3/f.go:1 1";
        assert_eq!(own(text), ["main.main", "go.acme.io/svc/api.F"]);
    }

    #[test]
    fn without_main_the_binary_is_named_like_its_module() {
        let mut profile = profile(
            "go.etcd.io/etcd/raft.F go.etcd.io/etcd/raft/f.go:1;go.etcd.io/bbolt.F go.etcd.io/bbolt/f.go:1 1",
        );
        profile.mappings[0].file = profile.strings.push(b"/usr/bin/etcd").unwrap();
        let own = Own::of(&profile, None);
        assert_eq!(
            [0, 1].map(|row| own.has(FunctionId::new(row))),
            [true, false]
        );
    }

    #[test]
    fn a_pattern_decides_alone() {
        let pattern = Regexp::new(b"^github.com/x/|/kafka/").unwrap();
        let names = [
            "my-go/kafka.Send",
            "github.com/x/y.F",
            "github.com/x/z.F",
            "github.com/x/y.(*T).F",
        ];
        assert_eq!(own_by(BUILT, Some(&pattern)), names);
    }

    #[test]
    fn a_view_keeps_own_frames_alone_and_drops_stacks_without() {
        let base = Base::plain(profile(
            "runtime.main runtime/proc.go:1;main.main shop/main.go:1>shop/q.F shop/q/f.go:1;fmt.F fmt/f.go:1 3
            runtime.gc runtime/gc.go:1;runtime.mark runtime/gc.go:1 5",
        ));
        let mut view = View::new(&base);
        assert!(view.keep_own(&Own::of(&base.profile, None)));
        let mut seen = Vec::new();
        view.scan(|row| {
            let lines = row.stack.iter().flat_map(|location| view.lines(*location));
            let names =
                lines.map(|line| view.text(view.function(line.function.at()).name).to_vec());
            seen.push((row.values[0], names.collect::<Vec<_>>().concat()));
        })
        .unwrap();
        assert_eq!(seen, [(3, b"shop/q.Fmain.main".to_vec())]);
    }

    #[test]
    fn packages_end_at_the_dot_behind_the_last_slash_of_the_path() {
        for (name, path) in [
            ("main.main.func1", "main"),
            ("gopkg.in/yaml%2ev3.(*T).F", "gopkg.in/yaml%2ev3"),
            ("a/b.F[go.shape.struct{ x/y.z }]", "a/b"),
            ("main.(*T[a/b.C]).M", "main"),
            ("clone", "clone"),
        ] {
            assert_eq!(package(name.as_bytes()), path.as_bytes(), "{name}");
        }
    }
}
