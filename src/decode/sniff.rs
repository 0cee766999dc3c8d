//! What bytes that are no profile look like, to say so in the error.

/// How many bytes are looked at.
pub(super) const LOOK: usize = 512;

const STARTS: [(&[u8], &str); 14] = [
    (
        b"\x7fELF",
        "an ELF binary: name the profile, the program is not needed",
    ),
    (
        b"PK\x03\x04",
        "a zip archive: unpack it and name a profile in it",
    ),
    (
        b"\x28\xb5\x2f\xfd",
        "a zstd-compressed file: unpack it first",
    ),
    (b"\xfd7zXZ\0", "an xz-compressed file: unpack it first"),
    (b"BZh", "a bzip2-compressed file: unpack it first"),
    (b"\x1f\x8b", "a file that was gzipped twice"),
    (b"\x89PNG", "a picture"),
    (b"PERFILE2", "a perf.data file"),
    (b"heap profile:", "a heap profile in text form (debug=1)"),
    (b"--- mutex:", "a mutex profile in text form (debug=1)"),
    (
        b"--- contention",
        "a contention profile in text form (debug=1)",
    ),
    (b"--- heapz", "a heap profile in text form"),
    (b"--- threadz", "a thread profile in text form"),
    (b"HTTP/", "an HTTP response with its headers"),
];

const CORE: &str = "a core file: dlv or gdb read it, a profile comes from the live process";
const TAR: &str = "a tar archive: unpack it and name a profile in it";
const HTML: &str =
    "an HTML page (an index, a login, an error): name one profile, as in /debug/pprof/heap";
const TRACE: &str =
    "an execution trace: go tool trace reads it, CPU time is in /debug/pprof/profile";

/// What a file with this start looks like; `None` where nothing is known.
pub(super) fn looks_like(start: &[u8]) -> Option<&'static str> {
    let start = start.get(..LOOK).unwrap_or(start);
    // An ELF file says at byte 16 what it is, in its own byte order.
    if start.starts_with(b"\x7fELF") && matches!(start.get(16..18), Some([4, 0] | [0, 4])) {
        return Some(CORE);
    }
    if let Some((_, name)) = STARTS.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Some(name);
    }
    if start.get(257..262) == Some(b"ustar") {
        return Some(TAR);
    }
    let text = start.trim_ascii_start();
    let has = |needle: &[u8]| find(text, needle);
    match text {
        [b'<', ..] if has(b"<?xml") => Some("an XML document"),
        [b'<', b'!' | b'h' | b'H' | b'b' | b'p', ..] => Some(HTML),
        [b'{', ..] | [b'[', b'{' | b'[' | b'"', ..] => Some("JSON"),
        _ if start.starts_with(b"go 1.") && has(b" trace") => Some(TRACE),
        _ if has(b" profile: total ") => Some("a count profile in text form (debug=1)"),
        _ if is_text(text) => Some("text"),
        // Bytes of any other kind; the error says where they stopped making sense.
        _ => None,
    }
}

fn find(text: &[u8], needle: &[u8]) -> bool {
    text.windows(needle.len()).any(|window| window == needle)
}

fn is_text(text: &[u8]) -> bool {
    let printable = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    text.len() >= 8 && text.iter().all(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_pass_by_mistake_is_named() {
        let mut tar = vec![0; 300];
        tar.splice(257..262, *b"ustar");
        let cases: [(&[u8], Option<&str>); 14] = [
            (b"<!DOCTYPE html><html>", Some(HTML)),
            (b"\n  <html><head>", Some(HTML)),
            (b"<?xml version='1.0'?>", Some("an XML document")),
            (b"{\"error\": 1}", Some("JSON")),
            (b"\x7fELF\x02\x01", Some(STARTS[0].1)),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0", Some(CORE)),
            (
                b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0",
                Some(STARTS[0].1),
            ),
            (&tar, Some(TAR)),
            (b"panic: boom, and no goroutine\n", Some("text")),
            (
                b"goroutine profile: total 9\n",
                Some("a count profile in text form (debug=1)"),
            ),
            (b"go 1.27 trace\0\0\0", Some(TRACE)),
            (b"404 page not found\n", Some("text")),
            (b"\x0a\x04\x08\x01\x10\x02", None),
            (b"", None),
        ];
        for (start, want) in cases {
            assert_eq!(looks_like(start), want, "{start:?}");
        }
    }
}
