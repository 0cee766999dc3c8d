//! Hash maps that work where there is no randomness to be had.
//!
//! The standard library seeds its maps from the system's random numbers and panics without them: in
//! an empty chroot on a kernel of CentOS 7 there are none. These are seeded from the clock and the
//! place of the program in memory, which is enough that a profile cannot choose keys that collide.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// A hash map; its order means nothing and must decide nothing.
pub(crate) type Map<K, V> = HashMap<K, V, Seeded>;

/// Makes hashers that differ from run to run.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Seeded;

impl BuildHasher for Seeded {
    type Hasher = Words;

    fn build_hasher(&self) -> Words {
        let [state, factor] = *seeds();
        Words { state, factor }
    }
}

/// Hashes words of 64 bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    state: u64,
    factor: u64,
}

impl Hasher for Words {
    fn finish(&self) -> u64 {
        fold(self.state, self.factor)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.write_u64(u64::from_le_bytes(last));
        self.write_u64(bytes.len() as u64);
    }

    fn write_u8(&mut self, word: u8) {
        self.write_u64(word.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}

impl Words {
    #[inline(always)]
    fn mix(&mut self, word: u64) {
        self.state = fold(self.state ^ word, self.factor).wrapping_add(self.factor);
    }
}

/// Both halves of the product, one over the other: each bit of it depends on all bits of both.
#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

fn seeds() -> &'static [u64; 2] {
    static SEEDS: OnceLock<[u64; 2]> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let here = 0u8;
        let place = std::ptr::from_ref(&here).addr() as u64;
        let clock = SystemTime::now().duration_since(UNIX_EPOCH);
        let clock = clock.unwrap_or_default();
        let first = fold(clock.as_secs() ^ 0x9e37_79b9_7f4a_7c15, place | 1);
        let second = u64::from(clock.subsec_nanos()) ^ 0xbf58_476d_1ce4_e5b9;
        [first, fold(first ^ second, 0x94d0_49bb_1331_11eb) | 1]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_only_in_trailing_zeros_hash_apart() {
        let hash = |bytes: &[u8]| Seeded.hash_one(bytes);
        assert_ne!(hash(b""), hash(b"\0"));
        assert_ne!(hash(b"abcdefgh"), hash(b"abcdefgh\0"));
    }

    #[test]
    fn words_next_to_each_other_hash_far_apart() {
        let mut buckets = [0u32; 64];
        for word in 0u64..6400 {
            buckets[(Seeded.hash_one(word << 32) % 64) as usize] += 1;
        }
        assert!(
            buckets.iter().all(|count| (30..=200).contains(count)),
            "{buckets:?}"
        );
    }
}
