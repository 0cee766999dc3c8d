//! `path/filepath` of Go on Unix, over bytes: lexical, the file system is never asked.

use std::borrow::Cow;

/// The shortest path that means the same: no `.`, no empty element, no `..` but at the front; `.` if nothing is left.
pub(crate) fn clean(path: &[u8]) -> Cow<'_, [u8]> {
    let rooted = is_abs(path);
    // Nearly all paths of a profile are clean.
    let mut elements = path.split(|&b| b == b'/').skip(usize::from(rooted));
    if !elements.any(|element| matches!(element, b"" | b"." | b"..")) {
        return Cow::Borrowed(path);
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    for element in path.split(|&b| b == b'/') {
        match element {
            b"" | b"." => {}
            b".." if kept.last().is_some_and(|last| *last != b"..") => {
                kept.pop();
            }
            b".." if rooted => {}
            _ => kept.push(element),
        }
    }
    let joined = kept.join(&b'/');
    let mut cleaned = Vec::with_capacity(joined.len() + 1);
    if rooted {
        cleaned.push(b'/');
    }
    cleaned.extend_from_slice(&joined);
    if cleaned.is_empty() {
        cleaned.push(b'.');
    }
    Cow::Owned(cleaned)
}

/// The last element, trailing slashes ignored: `.` of an empty path, `/` of slashes alone.
pub(crate) fn base(path: &[u8]) -> &[u8] {
    let Some(last) = path.iter().rposition(|&b| b != b'/') else {
        return if path.is_empty() { b"." } else { b"/" };
    };
    let trimmed = &path[..=last];
    let start = trimmed
        .iter()
        .rposition(|&b| b == b'/')
        .map_or(0, |slash| slash + 1);
    &trimmed[start..]
}

/// All but the last element, cleaned: `.` where there is no slash.
pub(crate) fn dir(path: &[u8]) -> Cow<'_, [u8]> {
    let end = path
        .iter()
        .rposition(|&b| b == b'/')
        .map_or(0, |slash| slash + 1);
    clean(&path[..end])
}

/// The elements with a slash between them, cleaned; empty ones are skipped, and nothing but empty ones is empty.
pub(crate) fn join(elements: &[&[u8]]) -> Vec<u8> {
    let filled: Vec<&[u8]> = elements
        .iter()
        .copied()
        .filter(|element| !element.is_empty())
        .collect();
    if filled.is_empty() {
        return Vec::new();
    }
    clean(&filled.join(&b'/')).into_owned()
}

/// Whether the path begins at the root.
pub(crate) fn is_abs(path: &[u8]) -> bool {
    path.starts_with(b"/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::table::rows;

    #[test]
    fn paths_are_taken_apart_as_go_does() {
        for row in rows(include_str!("../../tests/data/tables/path.txt")) {
            let path = row[0].as_slice();
            if path == b"joins" {
                assert_eq!(join(&[]), row[1]);
                assert_eq!(join(&[b"", b""]), row[2]);
                assert_eq!(join(&[b"", b"a", b"", b"../b"]), row[3]);
                continue;
            }
            let got = [
                clean(path).to_vec(),
                base(path).to_vec(),
                dir(path).to_vec(),
                is_abs(path).to_string().into_bytes(),
                row[5].clone(),
                join(&[path, &row[5]]),
            ];
            assert_eq!(
                got.as_slice(),
                &row[1..],
                "{:?}",
                path.escape_ascii().to_string()
            );
        }
    }
}
