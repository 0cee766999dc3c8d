//! Binary CPU profiles behind a header that is right, in words of any size and order.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| podprof_fuzz::cpu(bytes));
