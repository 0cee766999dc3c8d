//! Any input, as a file or a server would give it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| podprof_fuzz::whole(bytes));
