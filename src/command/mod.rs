//! The language of the prompt and the command line: options and commands are declared here once.

pub(crate) mod options;
pub mod resolve;
