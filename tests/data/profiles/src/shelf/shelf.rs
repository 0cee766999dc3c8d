//! Keeps the processor busy in functions that are worth seeing in a profile, and writes that profile as
//! the crate `pprof` does.

mod shelf {
    use std::collections::BTreeMap;
    use std::fmt::Display;

    /// Books by title.
    #[derive(Default)]
    pub struct Shelf<T> {
        books: BTreeMap<String, T>,
    }

    impl<T: Clone + Display> Shelf<T> {
        #[inline(never)]
        pub fn add(&mut self, title: &str, book: T) {
            self.books.insert(title.repeat(3), book);
        }

        #[inline(never)]
        pub fn sum<F: Fn(&T) -> u64>(&self, weigh: F) -> u64 {
            self.books.values().map(weigh).fold(0, u64::wrapping_add)
        }
    }

    pub trait Weigh {
        fn weigh(&self) -> u64;
    }

    impl Weigh for u64 {
        #[inline(never)]
        fn weigh(&self) -> u64 {
            (0..200).fold(*self, |sum, n| sum.wrapping_mul(31).rotate_left(n % 7))
        }
    }
}

use shelf::{Shelf, Weigh};
use std::io::Write;
use std::time::{Duration, Instant};

#[inline(never)]
fn fill(shelf: &mut Shelf<u64>, size: u64) {
    for n in 0..size {
        shelf.add(&format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)), n);
    }
}

#[inline(never)]
fn sort(mut rows: Vec<u64>) -> u64 {
    rows.sort_by_key(|row| std::cmp::Reverse(row.wrapping_mul(0x9e37_79b9)));
    rows[0]
}

fn main() {
    let path = std::env::args().nth(1).expect("where to write the profile");
    let guard = pprof::ProfilerGuardBuilder::default()
        .frequency(40)
        .build()
        .expect("a profiler");
    let start = Instant::now();
    let mut sum = 0u64;
    while start.elapsed() < Duration::from_millis(1000) {
        let mut shelf = Shelf::default();
        fill(&mut shelf, 3000);
        sum = sum.wrapping_add(shelf.sum(|book| book.weigh()));
        sum = sum.wrapping_add(sort((0..20_000).collect()));
    }
    let report = guard.report().build().expect("a report");
    let profile = report.pprof().expect("a profile");
    let bytes = pprof::protos::Message::write_to_bytes(&profile).expect("bytes");
    std::fs::File::create(path)
        .and_then(|mut file| file.write_all(&bytes))
        .expect("a file");
    eprintln!("{sum}");
}
