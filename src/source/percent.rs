//! Percent-encoding as Go's net/url does it: which byte may stand as it is depends on the part of the URL.

use crate::go::num::hex_digit;

/// The part of a URL a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Host,
    Zone,
    User,
    Path,
    QueryWord,
    Fragment,
}

impl Part {
    /// Whether Go writes `byte` as itself in this part.
    fn keeps(self, byte: u8) -> bool {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            return true;
        }
        match self {
            Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"".contains(&byte),
            Part::User => b"$&+,;=".contains(&byte),
            Part::Path => b"$&+,/:;=@".contains(&byte),
            Part::QueryWord => false,
            Part::Fragment => b"$&+,/:;=?@!()*".contains(&byte),
        }
    }

    /// Whether `%XX` may stand for `byte` in this part.
    fn may_encode(self, byte: u8) -> bool {
        match self {
            Part::Host => byte >= 0x80 || byte == b'%',
            Part::Zone => byte == b'%' || byte == b' ' || self.keeps(byte),
            Part::User | Part::Path | Part::QueryWord | Part::Fragment => true,
        }
    }

    /// Whether `byte` may be read unencoded in this part.
    fn may_stand(self, byte: u8) -> bool {
        match self {
            Part::Host | Part::Zone => byte >= 0x80 || self.keeps(byte),
            Part::User | Part::Path | Part::QueryWord | Part::Fragment => true,
        }
    }
}

/// The bytes `text` stands for, or nothing where Go refuses it.
pub(super) fn decode(text: &[u8], part: Part) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        match *byte {
            b'%' => {
                let [high, low, after @ ..] = after else {
                    return None;
                };
                let byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
                if !part.may_encode(byte) {
                    return None;
                }
                decoded.push(byte);
                rest = after;
            }
            b'+' if part == Part::QueryWord => decoded.push(b' '),
            byte if part.may_stand(byte) => decoded.push(byte),
            _ => return None,
        }
    }
    Some(decoded)
}

/// `text` with every byte encoded that may not stand in this part.
pub(super) fn encode(text: &[u8], part: Part) -> String {
    let mut encoded = String::with_capacity(text.len());
    for &byte in text {
        match byte {
            b' ' if part == Part::QueryWord => encoded.push('+'),
            byte if part.keeps(byte) => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// `text` as it was written where Go finds that well encoded, else decoded and encoded anew.
pub(super) fn tidy(text: &[u8], part: Part) -> Option<String> {
    let decoded = decode(text, part)?;
    let stands = |byte: &u8| b"!$&'()*+,;=:@[]%".contains(byte) || part.keeps(*byte);
    match text.iter().all(stands) {
        true => Some(text.iter().copied().map(char::from).collect()),
        false => Some(encode(&decoded, part)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_own_encoding_where_that_is_sound() {
        assert_eq!(tidy(b"/a%20b/%41[1]", Part::Path).unwrap(), "/a%20b/%41[1]");
        assert_eq!(tidy(b"/a b/%41", Part::Path).unwrap(), "/a%20b/A");
        assert_eq!(tidy("/ä".as_bytes(), Part::Path).unwrap(), "/%C3%A4");
        assert_eq!(tidy(b"/%4", Part::Path), None);
        assert_eq!(tidy(b"/%zz", Part::Path), None);
    }

    #[test]
    fn a_host_may_encode_only_what_is_no_ascii() {
        assert_eq!(decode(b"h%C3%A4", Part::Host).unwrap(), "hä".as_bytes());
        assert_eq!(decode(b"h%41", Part::Host), None);
        assert_eq!(decode(b"h x", Part::Host), None);
        assert_eq!(decode(b"%25en%200", Part::Zone).unwrap(), b"%en 0");
    }

    #[test]
    fn a_query_word_turns_a_blank_into_a_plus_and_back() {
        assert_eq!(encode(b"a b+c/ ", Part::QueryWord), "a+b%2Bc%2F+");
        assert_eq!(decode(b"a+b%2Bc", Part::QueryWord).unwrap(), b"a b+c");
    }
}
