//! Text profiles in pieces of any size, which must not decide.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| podprof_fuzz::text(bytes));
