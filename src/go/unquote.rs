//! Quoted text as Go's %q writes it; what JSON writes is read as well.
//!
//! The two differ only in escapes that the other does not have (`\x01`, `\/`, pairs of surrogates), so
//! one reader serves both.

/// Reads the quoted text at the front into `out`; how many bytes it took with both quotes, `None` where
/// there is none or it does not end.
pub(crate) fn unquote(text: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let mut rest = text.strip_prefix(b"\"")?;
    loop {
        match rest {
            [] => return None,
            [b'"', after @ ..] => return text.len().checked_sub(after.len()),
            [b'\\', after @ ..] => rest = escape(after, out)?,
            [byte, after @ ..] => {
                out.push(*byte);
                rest = after;
            }
        }
    }
}

/// Reads what follows a backslash; what is left after it.
fn escape<'t>(text: &'t [u8], out: &mut Vec<u8>) -> Option<&'t [u8]> {
    let (&kind, rest) = text.split_first()?;
    let byte = match kind {
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'0'..=b'7' => {
            let (value, rest) = number(text, 3, 8)?;
            out.push(u8::try_from(value).ok()?);
            return Some(rest);
        }
        b'x' => {
            let (value, rest) = number(rest, 2, 16)?;
            out.push(u8::try_from(value).ok()?);
            return Some(rest);
        }
        b'u' => return character(rest, 4, out),
        b'U' => return character(rest, 8, out),
        other => other,
    };
    out.push(byte);
    Some(rest)
}

fn character<'t>(text: &'t [u8], digits: usize, out: &mut Vec<u8>) -> Option<&'t [u8]> {
    let (mut value, mut rest) = number(text, digits, 16)?;
    if (0xd800..0xdc00).contains(&value) {
        let low = rest
            .strip_prefix(b"\\u")
            .and_then(|rest| number(rest, 4, 16));
        if let Some((low, after)) = low.filter(|(low, _)| (0xdc00..0xe000).contains(low)) {
            value = 0x1_0000 + ((value - 0xd800) << 10) + (low - 0xdc00);
            rest = after;
        }
    }
    let character = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Some(rest)
}

fn number(text: &[u8], digits: usize, base: u32) -> Option<(u32, &[u8])> {
    let (number, rest) = text.split_at_checked(digits)?;
    let mut value = 0u32;
    for digit in number {
        value = value.checked_mul(base)? + char::from(*digit).to_digit(base)?;
    }
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Vec<u8>, usize)> {
        let mut out = Vec::new();
        unquote(text.as_bytes(), &mut out).map(|size| (out, size))
    }

    #[test]
    fn escapes_of_go_and_of_json_are_read() {
        let cases: [(&str, &[u8]); 6] = [
            (r#""plain""#, b"plain"),
            (
                r#""a\x01\xff\"\\\n\t\a\v\101""#,
                b"a\x01\xff\"\\\n\t\x07\x0bA",
            ),
            (r#""\u00e9\U0001F600""#, "é😀".as_bytes()),
            (r#""\ud83d\ude00\/""#, "😀/".as_bytes()),
            (r#""\ud83d""#, "\u{fffd}".as_bytes()),
            (r#""""#, b""),
        ];
        for (text, want) in cases {
            assert_eq!(read(text), Some((want.to_vec(), text.len())), "{text}");
        }
        assert_eq!(read(r#""k": "v""#), Some((b"k".to_vec(), 3)));
    }

    #[test]
    fn what_does_not_end_or_begin_is_no_text() {
        for text in [
            "",
            "a",
            "\"",
            "\"a",
            r#""\"#,
            r#""\x1"#,
            r#""\xzz""#,
            r#""\777""#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
