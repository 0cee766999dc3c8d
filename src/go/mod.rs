//! Behaviours of Go's standard library that report text depends on, one file per Go package.
//!
//! Each answers exactly as Go 1.27 does, oddities included; the unit tests hold them against value tables
//! that Go itself printed (`tests/oracle/tables` has the programs, `tests/data/tables` what they printed).

pub(crate) mod crc32;
mod float;
pub(crate) mod fmt;
pub(crate) mod math;
pub(crate) mod num;
pub(crate) mod path;
pub(crate) mod regexp;
pub(crate) mod syscall;
pub(crate) mod tabwriter;
pub(crate) mod time;
pub(crate) mod unquote;
pub(crate) mod utf8;

#[cfg(test)]
pub(crate) mod table {
    //! Reads the value tables that Go printed: a row a line, tabs between fields, odd bytes as `\xNN`.

    pub(crate) fn rows(table: &str) -> impl Iterator<Item = Vec<Vec<u8>>> {
        table
            .lines()
            .map(|line| line.split('\t').map(unescape).collect())
    }

    fn unescape(field: &str) -> Vec<u8> {
        let mut parts = field.split("\\x");
        let mut bytes = parts
            .next()
            .expect("split gives one part")
            .as_bytes()
            .to_vec();
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).expect("two hexadecimal digits"));
            bytes.extend_from_slice(&part.as_bytes()[2..]);
        }
        bytes
    }

    pub(crate) fn text(field: &[u8]) -> &str {
        std::str::from_utf8(field).expect("a field of text")
    }

    pub(crate) fn number<T: std::str::FromStr>(field: &[u8]) -> T {
        let parsed = text(field).parse().ok();
        parsed.expect("a decimal number")
    }

    /// A float written as the sixteen hexadecimal digits of its bits.
    pub(crate) fn float(field: &[u8]) -> f64 {
        f64::from_bits(u64::from_str_radix(text(field), 16).expect("hexadecimal bits"))
    }
}
