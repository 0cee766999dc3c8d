//! SHA-256 (FIPS 180-4), so that a file of an incident can be told from a damaged one by any machine's sha256sum.
//!
//! Our own: 1.9 kB of binary and one file to read; the crate sha2 costs 7.5 kB and ten more crates, and is three times as
//! fast at sums that take a millisecond. No secret depends on it.

/// The fractional parts of the cube roots of the first 64 primes.
#[rustfmt::skip]
const ROUNDS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];
/// Those of the square roots of the first eight.
const START: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
const BLOCK: usize = 64;

/// The checksum of bytes that come piece by piece.
pub(crate) struct Sha256 {
    state: [u32; 8],
    /// What does not fill a block yet.
    rest: Vec<u8>,
    bytes: u64,
}

impl Sha256 {
    /// The checksum of nothing.
    pub(crate) fn new() -> Self {
        Sha256 {
            state: START,
            rest: Vec::with_capacity(BLOCK),
            bytes: 0,
        }
    }

    /// More bytes.
    pub(crate) fn add(&mut self, mut bytes: &[u8]) {
        self.bytes = self.bytes.wrapping_add(bytes.len() as u64);
        if !self.rest.is_empty() {
            let fill = bytes.len().min(BLOCK - self.rest.len());
            let (head, tail) = bytes.split_at(fill);
            self.rest.extend_from_slice(head);
            bytes = tail;
            if let Ok(block) = <[u8; BLOCK]>::try_from(&self.rest[..]) {
                self.block(&block);
                self.rest.clear();
            }
        }
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        blocks.iter().for_each(|block| self.block(block));
        self.rest.extend_from_slice(rest);
    }

    /// 64 digits.
    pub(crate) fn hex(mut self) -> String {
        let bits = self.bytes.wrapping_mul(8);
        self.add(&[0x80]);
        while self.rest.len() != BLOCK - 8 {
            self.add(&[0]);
        }
        self.add(&bits.to_be_bytes());
        self.state
            .iter()
            .map(|word| format!("{word:08x}"))
            .collect()
    }

    fn block(&mut self, block: &[u8; BLOCK]) {
        let mut words = [0u32; 64];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        for at in 16..64 {
            let (a, b) = (words[at - 15], words[at - 2]);
            let a = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let b = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            let sum = words[at - 16].wrapping_add(words[at - 7]);
            words[at] = sum.wrapping_add(a).wrapping_add(b);
        }
        let mut state = self.state;
        for (word, round) in words.iter().zip(ROUNDS) {
            let [a, b, c, _, e, f, g, h] = state;
            let ends = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let first = [ends, choice, round, *word]
                .into_iter()
                .fold(h, u32::wrapping_add);
            let starts = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let majority = (a & b) ^ (a & c) ^ (b & c);
            state.copy_within(0..7, 1);
            state[4] = state[4].wrapping_add(first);
            state[0] = first.wrapping_add(starts).wrapping_add(majority);
        }
        for (sum, word) in self.state.iter_mut().zip(state) {
            *sum = sum.wrapping_add(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8], piece: usize) -> String {
        let mut sum = Sha256::new();
        bytes.chunks(piece).for_each(|piece| sum.add(piece));
        sum.hex()
    }

    #[test]
    fn sums_are_those_of_the_standard() {
        let million = vec![b'a'; 1_000_000];
        for (bytes, expected) in [
            (
                &b""[..],
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                b"abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
            (
                &million,
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            ),
        ] {
            for piece in [1, 63, 64, 65, 1_000_000] {
                assert_eq!(hex(bytes, piece), expected, "in pieces of {piece}");
            }
        }
    }

    #[test]
    fn every_length_around_a_block_is_padded_alike_in_one_piece_and_in_many() {
        let bytes = [7; 200];
        for length in 0..200 {
            assert_eq!(hex(&bytes[..length], 1), hex(&bytes[..length], 200));
        }
    }
}
