//! Texts for people, packed by the compiler where they stand and unpacked when somebody reads them.
//!
//! Help and explanations are a large part of the binary and seldom asked for; packed they take half, and
//! each stays in the source beside what it is about. A byte of the packed form that is not printable ASCII
//! stands for one of [`PIECES`]; so a text is printable ASCII, line ends, and what else is a piece. They were
//! chosen for the texts of today and serve those of tomorrow as well, a little worse.

/// A text in its packed form; [`packed!`] makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packed(pub(crate) &'static [u8]);

/// Packs a text when the program is compiled.
macro_rules! packed {
    ($text:literal) => {{
        const PACKED: ([u8; $text.len()], usize) = $crate::packed::pack($text);
        const BYTES: [u8; PACKED.1] = *PACKED.0.first_chunk().unwrap();
        $crate::packed::Packed(&BYTES)
    }};
}
pub(crate) use packed;

impl Packed {
    /// The text.
    #[inline(never)]
    pub(crate) fn text(self) -> String {
        let mut text = String::new();
        for &byte in self.0 {
            match byte {
                b' '..=b'~' => text.push(char::from(byte)),
                _ => {
                    let number = usize::from(byte.wrapping_sub(FIRST));
                    text.push_str(PIECES.split('|').nth(number).unwrap_or_default());
                }
            }
        }
        text
    }
}

/// What stands for the first of [`PIECES`]; the others count on, beyond 255 from 0.
const FIRST: u8 = b'~' + 1;

/// As many as there are bytes that are not printable; without a bar in them, as that parts them.
const PIECES: &str = "\
    \n|\nExample: |   |            | a | is | of | profile| s| that | the |, |, and |, or |.\n|.\nExample: \
    |. |.gz|.pb|: |:6060|; |CPU|NAME|Next: |The |Wh|a |ac|age|al|alloc|am|ame |ample|an|and |ap|ar|are |as \
    |at |ate|be|below |bject|bo|by |call|ce|ch|co|collec|com|d |de|ds |e |ed |en|er|ere |es |ever|file|first\
    |for |fr|function|g/pprof|ge|goroutine|gr|h |heap|how |ich|id|ig|il|in|in |ing |is |it|it |its |ke|l |la\
    |le|li|lines|lo|lock|long |match|me|n |ne|no|not |o |ocus|of |of the |old|on|one |open|or|or |ou|ource\
    |ow|podprof|podprof -|pro|proces|profile|r |raphvi|re|regex]* |run|s |s that |s, |se|se |secon|sh|st|st \
    |t |t can|ta|te|th|that |the|the |time|tion|to|to |top |tr|tween |um|un|value|ve |ver|wa|wh|what |with\
    |with |y |…";

/// How many there are, and the number that none has.
const COUNT: usize = 161;
const NONE: u8 = u8::MAX;

/// Where each of [`PIECES`] begins, and of those that begin with the same byte the last one and the one before.
struct Index {
    starts: [usize; COUNT + 1],
    last: [u8; 256],
    before: [u8; COUNT],
}

const INDEX: Index = index();

const fn index() -> Index {
    let (mut starts, mut last, mut before) = ([0; COUNT + 1], [NONE; 256], [NONE; COUNT]);
    let pieces = PIECES.as_bytes();
    let (mut at, mut number) = (0, 0);
    while number < COUNT {
        let byte = pieces[at] as usize;
        before[number] = last[byte];
        last[byte] = number as u8;
        starts[number] = at;
        while at < pieces.len() && pieces[at] != b'|' {
            at += 1;
        }
        at += 1;
        number += 1;
    }
    starts[COUNT] = at;
    Index {
        starts,
        last,
        before,
    }
}

/// The packed text at the front of an array that holds any, and its length.
pub(crate) const fn pack<const LENGTH: usize>(text: &str) -> ([u8; LENGTH], usize) {
    let text = text.as_bytes();
    let (mut packed, mut length, mut at) = ([0; LENGTH], 0, 0);
    while at < text.len() {
        let (byte, taken) = longest(text, at);
        packed[length] = byte;
        length += 1;
        at += taken;
    }
    (packed, length)
}

/// What stands for the longest piece that the text goes on with, or for its next byte, and how much that takes.
const fn longest(text: &[u8], at: usize) -> (u8, usize) {
    let (mut byte, mut taken) = (text[at], 0);
    let mut number = INDEX.last[text[at] as usize];
    while number != NONE {
        let start = INDEX.starts[number as usize];
        let length = INDEX.starts[number as usize + 1] - start - 1;
        if length > taken && at + length <= text.len() && goes_on(text, at, start, length) {
            (byte, taken) = (FIRST.wrapping_add(number), length);
        }
        number = INDEX.before[number as usize];
    }
    if taken == 0 {
        assert!(
            byte >= b' ' && byte <= b'~',
            "packed! takes printable ASCII, line ends and what PIECES has"
        );
        taken = 1;
    }
    (byte, taken)
}

const fn goes_on(text: &[u8], at: usize, start: usize, length: usize) -> bool {
    let mut offset = 1;
    while offset < length && text[at + offset] == PIECES.as_bytes()[start + offset] {
        offset += 1;
    }
    offset == length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_as_it_was() {
        assert_eq!(packed!("").text(), "");
        let text = "Example: podprof -top heap.pb.gz | grep 'a|b'\n\n  ~!{}\\ the the";
        let packed = packed!("Example: podprof -top heap.pb.gz | grep 'a|b'\n\n  ~!{}\\ the the");
        assert_eq!(packed.text(), text);
        assert!(packed.0.len() < text.len() * 3 / 4, "{packed:?}");
    }

    #[test]
    fn each_piece_is_packed_to_one_byte_of_its_own() {
        let mut numbers = [0; 256];
        for piece in PIECES.split('|') {
            let (packed, length) = pack::<64>(piece);
            assert_eq!(Packed(packed[..length].to_vec().leak()).text(), piece);
            assert_eq!(length, 1, "{piece:?}");
            numbers[usize::from(packed[0])] += 1;
        }
        assert_eq!(PIECES.split('|').count(), COUNT);
        assert!(numbers.iter().all(|&times| times <= 1), "twice the same");
    }
}
