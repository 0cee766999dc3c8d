//! The Profile message, in one piece and in small ones.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| podprof_fuzz::proto(bytes));
