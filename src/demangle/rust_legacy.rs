//! Names of Rust's first mangling: an Itanium-like path that ends in a hash.
//!
//! As pprof: an underscore after a length belongs to the length, so that `__f` shows as `_f`.

/// The name behind `_ZN`, whose hash is left away.
pub(super) fn read(name: &[u8]) -> Option<Vec<u8>> {
    let clone = name.windows(2).rposition(|two| two == b"E.");
    let name = clone.map_or(name, |at| name.get(..=at).unwrap_or_default());
    let (path, hash) = name.split_at_checked(name.len().checked_sub(20)?)?;
    let hash = hash.strip_prefix(b"17h")?.strip_suffix(b"E")?;
    if path.is_empty() || !is_hash(hash) {
        return None;
    }
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while !rest.is_empty() {
        let part;
        (part, rest) = split_part(rest)?;
        if !out.is_empty() {
            out.extend_from_slice(b"::");
        }
        unescape(part, &mut out);
    }
    Some(out)
}

/// Whether this may be a hash: one with few different digits is more likely part of a C++ name.
fn is_hash(digits: &[u8]) -> bool {
    let seen = digits
        .iter()
        .try_fold(0u16, |seen, digit| Some(seen | 1 << hex(*digit)?));
    seen.is_some_and(|seen| seen.count_ones() >= 5)
}

pub(super) fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// The part whose length stands in front, and what follows it.
fn split_part(text: &[u8]) -> Option<(&[u8], &[u8])> {
    text.first().filter(|byte| byte.is_ascii_digit())?;
    let (mut length, mut rest) = super::rust::decimal(text)?;
    if let Some(after) = rest.strip_prefix(b"_") {
        rest = after;
        length = length.checked_sub(1)?;
    }
    rest.split_at_checked(length)
}

/// Writes a part with its escapes resolved; from one that is none on, it is written as it is.
fn unescape(part: &[u8], out: &mut Vec<u8>) {
    let mut rest = match part {
        [b'_', escaped @ ..] if escaped.starts_with(b"$") => escaped,
        _ => part,
    };
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'$', _) => match escape(after) {
                Some((character, after)) => {
                    out.push(character);
                    rest = after;
                }
                None => {
                    out.push(first);
                    out.extend_from_slice(after);
                    return;
                }
            },
            (b'.', [b'.', after @ ..]) => {
                out.extend_from_slice(b"::");
                rest = after;
            }
            _ => out.push(first),
        }
    }
}

/// The character of an escape behind its `$`, and what follows.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [b'C', b'$', rest @ ..] => Some((b',', rest)),
        [b'u', high, low, b'$', rest @ ..] => {
            let character = hex(*high)? << 4 | hex(*low)?;
            (b' '..0x80)
                .contains(&character)
                .then_some((character, rest))
        }
        [first, second, b'$', rest @ ..] => {
            let character = match [first, second] {
                [b'S', b'P'] => b'@',
                [b'B', b'P'] => b'*',
                [b'R', b'F'] => b'&',
                [b'L', b'T'] => b'<',
                [b'G', b'T'] => b'>',
                [b'L', b'P'] => b'(',
                [b'R', b'P'] => b')',
                _ => return None,
            };
            Some((character, rest))
        }
        _ => None,
    }
}
