//! Where a report goes: to the stream, into a file, through Graphviz, into a window
//! (pprof-behaviour 1.5).

use super::programs::{self, Shown};
use super::target::ReportFile;
use crate::command::commands::{Output, Viewer};
use crate::command::parse::ReportAction;
use crate::command::pipe;
use crate::error::{Error, Result};
use crate::report::sink::{Plain, Sink};

/// Writes a report to where it is told.
pub(super) type Writing<'w> = &'w mut dyn FnMut(&mut dyn Sink) -> Result<()>;

/// The way of one report.
pub(super) struct Delivery<'a> {
    /// What was asked for.
    pub(super) action: &'a ReportAction,
    /// Whether it was asked for at a prompt, or by `-c`.
    pub(super) prompt: bool,
    /// Whether the stream of reports is a terminal.
    pub(super) terminal: bool,
    /// Is told the name of a file that is being written.
    pub(super) announce: &'a dyn Fn(&str),
}

impl Delivery<'_> {
    /// Writes the report and sees it there; windows are kept in `shown`. Whether `| grep` and the like left any of it.
    pub(super) fn deliver(
        &self,
        write: Writing<'_>,
        out: &mut dyn Sink,
        shown: &mut Shown,
    ) -> Result<bool> {
        match self.action.output {
            Output::Text | Output::File(_) => self.send(write, out),
            Output::Picture(format) => {
                let picture = programs::picture(&self.whole(write)?, format)?;
                self.send(&mut |out| Ok(out.write_all(&picture)?), out)
            }
            Output::Viewer(viewer) => {
                let made = self.for_viewer(viewer, write)?;
                match self.action.settings.output.is_empty() {
                    true => shown.show(&made, viewer, !self.prompt).map(|()| true),
                    false => self.send(&mut |out| Ok(out.write_all(&made)?), out),
                }
            }
        }
    }

    fn for_viewer(&self, viewer: &Viewer, write: Writing<'_>) -> Result<Vec<u8>> {
        let made = self.whole(write)?;
        match viewer.picture {
            Some(format) => programs::picture(&made, format),
            None => Ok(made),
        }
    }

    /// To the file that was named, to a new one instead of a terminal, else to the stream.
    fn send(&self, write: Writing<'_>, out: &mut dyn Sink) -> Result<bool> {
        let ReportAction {
            settings,
            filters,
            output,
            ..
        } = self.action;
        let mut file = match output {
            _ if !settings.output.is_empty() => ReportFile::new(&settings.output, self.announce),
            // Filters make lines of anything.
            Output::File(ending) | Output::Picture(ending)
                if filters.is_empty() && (self.prompt || self.terminal) =>
            {
                ReportFile::free(ending, self.announce)
            }
            _ => return pipe::through(filters, out, write),
        };
        let passed = pipe::through(filters, &mut file, write)?;
        file.finish()?;
        Ok(passed)
    }

    /// The report for another program.
    fn whole(&self, write: Writing<'_>) -> Result<Vec<u8>> {
        if !self.action.filters.is_empty() {
            let text = "this command makes no text to filter: use dot or callgrind";
            return Err(Error::usage(text));
        }
        let mut whole = Plain(Vec::new());
        write(&mut whole)?;
        Ok(whole.0)
    }
}
