//! Reads the bytes of a source: once where its samples are held, else once more for every report
//! (architecture.md, 3).

use std::io::Read;

use super::plan::{Choice, Plan};
use crate::decode::{self, Decoded, Fault, Layer, Limits, Rereader, Stopped, Tally, Whole};
use crate::error::{Error, Result};
use crate::model::{Again, Block};
use crate::source::{Body, Rewind};

/// How the bytes of a source are read the first time.
pub(super) struct Reading {
    /// Whether a server packed them once more on their way.
    pub(super) is_encoded: bool,
    pub(super) limits: Limits,
    /// Whether samples are not held.
    pub(super) again: bool,
}

/// What came of it.
pub(super) struct FirstRead {
    pub(super) decoded: std::result::Result<Decoded, Fault>,
    pub(super) rereader: Option<Rereader>,
    pub(super) whole: Whole,
}

impl Reading {
    /// Settles whether samples are held; `remark` is told where they are not. The error is what is to be said
    /// where there is no room for either.
    pub(super) fn plan(
        &mut self,
        plan: Plan,
        body: &mut Body,
        remark: &mut dyn FnMut(String),
    ) -> std::result::Result<(), String> {
        match (body.rewind(), plan.most_kept()) {
            (Some(bytes), _) => match plan.choose(&bytes) {
                Choice::Held(risk) => risk.into_iter().for_each(remark),
                Choice::Again(text) => {
                    remark(text);
                    self.again = true;
                }
                Choice::Refused(text) => return Err(text),
            },
            (None, Some(most)) => {
                self.limits.memory = self.limits.memory.saturating_sub(most as u64);
                body.keep_packed(most);
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// Reads it.
    pub(super) fn read(&self, body: &mut Body) -> FirstRead {
        let mut body: Box<dyn Read + '_> = match self.is_encoded {
            true => Box::new(Layer::new(body, self.limits.unpacked)),
            false => Box::new(body),
        };
        let mut tally = Tally::new(&mut body);
        let read = match self.again {
            true => decode::decode_rows(&mut tally, &self.limits),
            false => decode::decode(&mut tally, &self.limits).map(|decoded| (decoded, None)),
        };
        let whole = tally.verdict();
        let (decoded, rereader) = match read {
            Ok((decoded, rereader)) => (Ok(decoded), rereader),
            Err(fault) => (Err(fault), None),
        };
        FirstRead {
            decoded,
            rereader,
            whole,
        }
    }
}

/// Where the samples of one source are read from.
#[derive(Debug)]
pub(super) struct Reread {
    pub(super) rereader: Rereader,
    pub(super) bytes: Rewind,
    /// Whether a server packed them once more on their way.
    pub(super) is_encoded: bool,
    /// The source, as it may be shown.
    pub(super) name: String,
}

impl Again for Reread {
    fn blocks(&self, visit: &mut dyn FnMut(Block<'_>) -> Result<()>) -> Result<()> {
        let failed = |why: &dyn std::fmt::Display| Error::source(format!("{}: {why}", self.name));
        let mut body = self.bytes.body();
        let read = match self.is_encoded {
            true => self
                .rereader
                .blocks(&mut Layer::new(&mut body, u64::MAX), visit),
            false => self.rereader.blocks(&mut body, visit),
        };
        read.map_err(|stopped| match stopped {
            Stopped::Visit(error) => error,
            Stopped::Fault(fault) => match body.failure() {
                Some(why) => failed(&why),
                None => failed(&fault),
            },
        })
    }

    fn brings_lists(&self) -> bool {
        self.rereader.brings_lists()
    }
}
