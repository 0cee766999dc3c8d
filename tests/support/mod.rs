//! What the integration tests share: running the binary and showing how two texts differ.

pub(crate) mod cases;
pub(crate) mod diff;
#[allow(dead_code, reason = "the unit tests of src/source use the rest")]
pub(crate) mod http;
pub(crate) mod proc;
pub(crate) mod proto;
pub(crate) mod pty;
#[allow(dead_code, reason = "what one test file does not use another does")]
pub(crate) mod run;
pub(crate) mod scratch;
