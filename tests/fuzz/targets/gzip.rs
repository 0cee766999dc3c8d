//! The members of a gzip stream.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| podprof_fuzz::gzip(bytes));
