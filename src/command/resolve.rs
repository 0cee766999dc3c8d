//! What a request means: settings become filters, a sample type, units, and then a report.

use crate::error::{Result, Warning};
use crate::report::{Report, sink::Sink};
use crate::view::Base;

/// A report as it was asked for.
pub struct Request<'a, S> {
    /// Which one.
    pub report: Report,
    /// The pattern that `peek` and `list` take.
    pub argument: Option<&'a str>,
    /// All options, those of the line already applied.
    pub settings: &'a S,
}

/// Writes the report to `out`; remarks go to `warn` in the order in which pprof makes them.
pub fn generate<S>(
    _base: &Base,
    _request: &Request<'_, S>,
    _warn: &mut dyn FnMut(Warning),
    _out: &mut dyn Sink,
) -> Result<()> {
    Ok(())
}
