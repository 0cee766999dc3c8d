//! Profiles written byte by byte in sight of a test.

/// Appends a varint.
pub(crate) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A field that is a number.
pub(crate) fn number(field: u64, value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, field << 3);
    varint(&mut out, value);
    out
}

/// A field that is bytes: text, or fields one after the other.
pub(crate) fn bytes(field: u64, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, field << 3 | 2);
    varint(&mut out, body.len() as u64);
    out.extend_from_slice(body);
    out
}

/// A field of packed numbers.
pub(crate) fn packed(field: u64, values: &[u64]) -> Vec<u8> {
    let mut body = Vec::new();
    values.iter().for_each(|value| varint(&mut body, *value));
    bytes(field, &body)
}

/// A message of number fields, zeros left out.
pub(crate) fn numbers(values: &[u64]) -> Vec<u8> {
    let fields = (1..).zip(values).filter(|(_, value)| **value != 0);
    fields
        .flat_map(|(field, value)| number(field, *value))
        .collect()
}

/// The string table.
pub(crate) fn strings(texts: &[&str]) -> Vec<u8> {
    texts
        .iter()
        .flat_map(|text| bytes(6, text.as_bytes()))
        .collect()
}

/// A small profile: one sample type, two samples with labels, two locations, two functions.
pub(crate) fn small() -> Vec<u8> {
    let texts = [
        "",
        "cpu",
        "nanoseconds",
        "main.main",
        "main.work",
        "main.go",
        "key",
        "value",
        "bytes",
    ];
    [
        bytes(1, &numbers(&[1, 2])),
        bytes(
            2,
            &[
                packed(1, &[1, 2]),
                packed(2, &[10]),
                bytes(3, &numbers(&[6, 7])),
            ]
            .concat(),
        ),
        bytes(
            2,
            &[
                number(1, 2),
                number(2, 5),
                bytes(3, &numbers(&[8, 0, 300, 8])),
            ]
            .concat(),
        ),
        bytes(3, &numbers(&[1, 0x1000, 0x2000, 0, 5, 0, 1])),
        bytes(
            4,
            &[numbers(&[1, 1, 0x1100]), bytes(4, &numbers(&[1, 7]))].concat(),
        ),
        bytes(
            4,
            &[numbers(&[2, 1, 0x1200]), bytes(4, &numbers(&[2, 9, 3]))].concat(),
        ),
        bytes(5, &numbers(&[1, 4, 4, 5, 6])),
        bytes(5, &numbers(&[2, 3, 3, 5])),
        strings(&texts),
        number(9, 1_700_000_000_000_000_000),
        number(10, 1_000_000_000),
        bytes(11, &numbers(&[1, 2])),
        number(12, 10_000_000),
    ]
    .concat()
}
