//! `comments`: the profile's comments, a line each, hidden ones too (pprof-behaviour 6.8).

use super::Input;
use super::sink::{Role, Sink, put};
use crate::error::Result;

/// Writes the report.
pub(super) fn write(input: &Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let profile = input.view.profile;
    for comment in &profile.comments {
        put(out, Role::Tag, profile.text(*comment))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
