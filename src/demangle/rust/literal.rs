//! The values that generic parameters may have: numbers, characters, `true` and `false`.

use super::Printer;
use crate::demangle::rust_legacy::hex;

impl<'n> Printer<'n> {
    pub(super) fn constant(&mut self) -> Option<()> {
        self.part(|printer| match printer.next()? {
            b'B' => printer.back(Self::constant),
            b'p' => {
                printer.put("_");
                Some(())
            }
            kind => printer.literal(kind),
        })
    }

    fn literal(&mut self, kind: u8) -> Option<()> {
        let signed = b"aslxni".contains(&kind);
        if !signed && !b"htmyojbc".contains(&kind) {
            return None;
        }
        if signed && self.eat(b'n') {
            self.put("-");
        }
        let (digits, value) = self.hexadecimal()?;
        match (kind, value) {
            (b'b', 0) if digits.len() == 1 => self.put("false"),
            (b'b', 1) if digits.len() == 1 => self.put("true"),
            (b'b', _) => return None,
            (b'c', _) if digits.len() > 6 => return None,
            (b'c', character) => self.put(quoted(character)),
            _ if digits.len() > 16 => {
                self.put("0x");
                self.put(digits);
            }
            (_, value) => self.put(value.to_string()),
        }
        Some(())
    }

    /// Digits up to a `_`, and the low 64 bits of what they mean.
    fn hexadecimal(&mut self) -> Option<(&'n [u8], u64)> {
        let rest = self.rest();
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let count = rest.iter().take_while(|byte| is_digit(byte)).count();
        let (digits, after) = rest.split_at_checked(count)?;
        let mut value = 0u64;
        for (at, digit) in digits.iter().enumerate() {
            let digit = hex(*digit)?;
            // As pprof: only the last digit may be a nought while nothing stands before it.
            if value == 0 && digit == 0 && (at + 1 < count || after.is_empty()) {
                return None;
            }
            value = value.wrapping_mul(16).wrapping_add(u64::from(digit));
        }
        self.at += count;
        // As pprof: the `_` may lack at the end of what can be read.
        if !self.eat(b'_') && !after.is_empty() {
            return None;
        }
        (count > 0).then_some((digits, value))
    }
}

fn quoted(character: u64) -> String {
    match u8::try_from(character).map(char::from) {
        Ok(plain @ (' '..='&' | '('..='[' | ']'..='~')) => format!("'{plain}'"),
        Ok('\t') => r"'\t'".to_string(),
        Ok('\r') => r"'\r'".to_string(),
        Ok('\n') => r"'\n'".to_string(),
        Ok(special @ ('\\' | '\'')) => format!(r"'\{special}'"),
        _ => format!(r"'\u{{{character:x}}}'"),
    }
}
