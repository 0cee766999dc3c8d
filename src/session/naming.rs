//! What open profiles are called: short words that can be typed and shown as they are.
//!
//! A name comes from a file or a URL, so it is made of letters, digits and a few signs; everything else
//! becomes `_`.

use std::ffi::OsStr;

use crate::go::path::base;
use crate::source;
use std::os::unix::ffi::OsStrExt;

/// What files of profiles end in.
const ENDINGS: [&str; 6] = [".gz", ".pb", ".pprof", ".prof", ".out", ".txt"];

/// A name that is longer leaves no room beside it.
const LONGEST: usize = 32;

/// The word that is no name: `base none`.
pub(super) const NONE: &str = "none";

/// The name that suits a source, free or not.
pub(super) fn wish(source: &OsStr) -> String {
    if source == "-" {
        return "stdin".to_string();
    }
    match source::kind(source).as_deref() {
        Some("" | "profile") => "cpu".to_string(), // what pprof asks for where nothing is said
        Some(kind) => clean(kind),
        None => {
            let name = String::from_utf8_lossy(base(source.as_bytes())).into_owned();
            clean(stem(&name))
        }
    }
}

/// The name that suits a file of an incident.
pub(super) fn of_file(name: &str) -> String {
    clean(stem(name))
}

/// The name of a file without what says how it is packed.
fn stem(name: &str) -> &str {
    let mut stem = name;
    for ending in ENDINGS {
        match stem.strip_suffix(ending) {
            Some(shorter) if !shorter.is_empty() => stem = shorter,
            _ => {} // another kind of file
        }
    }
    stem
}

/// The text with `_` for what cannot be typed or shown everywhere, and not too long.
fn clean(text: &str) -> String {
    let cleaned: String = text
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .take(LONGEST)
        .collect();
    match cleaned.is_empty() {
        true => "profile".to_string(),
        false => cleaned,
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-+#@".contains(c)
}

/// Whether somebody may choose this name.
pub(super) fn is_name(text: &str) -> bool {
    clean(text) == text && text != NONE
}

/// The wish, or the first of `wish#2`, `wish#3`, … that is not `taken`.
pub(super) fn free(wish: &str, taken: impl Fn(&str) -> bool) -> String {
    let taken = |name: &str| name == NONE || taken(name);
    if !taken(wish) {
        return wish.to_string();
    }
    let stem = match wish.rsplit_once('#') {
        Some((stem, number)) if number.parse::<u32>().is_ok() => stem,
        _ => wish, // not numbered yet
    };
    (2u32..)
        .map(|number| format!("{stem}#{number}"))
        .find(|name| !taken(name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_by_its_name_without_endings() {
        for (source, name) in [
            ("heap.pb.gz", "heap"),
            ("/tmp/a/cpu.prof", "cpu"),
            ("goroutine.txt", "goroutine"),
            (
                "pprof.shop.samples.cpu.001.pb.gz",
                "pprof.shop.samples.cpu.001",
            ),
            (".gz", ".gz"),
            ("a b\x1b[2J\u{202e}\u{e9}.pb.gz", "a_b__2J__"),
            ("x|y>z.pb", "x_y_z"),
            ("-", "stdin"),
        ] {
            assert_eq!(wish(OsStr::new(source)), name, "{source:?}");
        }
        let long = "x".repeat(300);
        assert_eq!(wish(OsStr::new(&long)).len(), LONGEST);
    }

    #[test]
    fn a_url_is_called_by_its_kind() {
        for (source, name) in [
            ("localhost:6060/debug/pprof/heap?gc=1", "heap"),
            ("http://h:1/debug/pprof/goroutine?debug=0", "goroutine"),
            ("localhost:6060", "cpu"),
            ("h:1/debug/pprof/profile?seconds=3", "cpu"),
            ("http://h/a%1bb", "a_1bb"),
        ] {
            assert_eq!(wish(OsStr::new(source)), name, "{source:?}");
        }
    }

    #[test]
    fn a_taken_name_gets_the_first_free_number() {
        let open = ["heap", "heap#2", "dump#1"];
        let free = |wish| free(wish, |name| open.contains(&name));
        assert_eq!(free("cpu"), "cpu");
        assert_eq!(free("heap"), "heap#3");
        assert_eq!(free("dump#1"), "dump#2");
        assert_eq!(free("none"), "none#2");
    }

    #[test]
    fn only_plain_words_may_be_chosen() {
        for (name, may) in [
            ("before", true),
            ("a#2", true),
            ("none", false),
            ("", false),
            ("\x1b", false),
            ("a/b", false),
        ] {
            assert_eq!(is_name(name), may, "{name:?}");
        }
    }
}
