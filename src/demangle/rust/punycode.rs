//! RFC 3492 as Rust's names use it: an underscore ends the plain characters.

/// What is longer takes a time that grows with its square.
const MAX_LENGTH: usize = 4096;

/// The text in UTF-8.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let end = text.iter().rposition(|&byte| byte == b'_');
    let (plain, mut encoded) = match end {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (&[][..], text),
    };
    let mut characters: Vec<char> = plain.iter().copied().map(char::from).collect();
    let (mut code, mut at, mut bias) = (128u64, 0u64, 72u64);
    while !encoded.is_empty() {
        let before = at;
        let step;
        (step, encoded) = distance(encoded, bias)?;
        at += step;
        let count = characters.len() as u64 + 1;
        // As pprof: the first time is known by where the last insertion stood.
        bias = adapted(at - before, count, before == 0);
        code += at / count;
        at %= count;
        let character = char::from_u32(u32::try_from(code).ok()?)?;
        characters.insert(usize::try_from(at).ok()?, character);
        at += 1;
    }
    Some(characters.into_iter().collect::<String>().into_bytes())
}

/// A number of variable length, and what follows it.
fn distance(mut text: &[u8], bias: u64) -> Option<(u64, &[u8])> {
    let (mut value, mut weight, mut position) = (0u64, 1u64, 0u64);
    loop {
        position += 36;
        let (&first, rest) = text.split_first()?;
        text = rest;
        let digit = u64::from(match first {
            b'0'..=b'9' => first - b'0' + 26,
            b'A'..=b'Z' => first - b'A',
            b'a'..=b'z' => first - b'a',
            _ => return None,
        });
        value += digit * weight;
        let threshold = position.saturating_sub(bias).clamp(1, 26);
        if digit < threshold {
            return Some((value, text));
        }
        // As pprof, which counts in 32 bits.
        i32::try_from(weight * 36).ok()?;
        weight *= 36 - threshold;
    }
}

fn adapted(step: u64, count: u64, first: bool) -> u64 {
    let mut step = step / if first { 700 } else { 2 };
    step += step / count;
    let mut bias = 0;
    while step > 35 * 26 / 2 {
        step /= 35;
        bias += 36;
    }
    bias + 36 * step / (step + 38)
}
