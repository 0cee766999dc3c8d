//! Reads the bytes of a source: once where its samples are held, else once more for every report
//! (architecture.md, 3).

use std::io::Read;
use std::path::Path;

use super::plan::{Choice, Plan};
use crate::decode::{self, Bytes, Decoded, Fault, Layer, Limits, Rereader, Stopped, Tally, Whole};
use crate::error::{Error, Result};
use crate::model::{Again, Block};
use crate::source::{Body, Rewind};
use crate::target::processors;

/// How the bytes of a source are read the first time.
pub(super) struct Reading {
    /// Whether a server packed them once more on their way.
    pub(super) is_encoded: bool,
    pub(super) limits: Limits,
    /// Whether samples are not held.
    pub(super) again: bool,
    /// Whether a second thread unpacks.
    pub(super) ahead: bool,
}

/// Packed bytes of which unpacking takes longer than a second thread is worth.
const WORTH: u64 = 1 << 20;

/// Whether a second thread unpacks this; `asked` is what `-threads` says.
pub(super) fn ahead(asked: i64, body: &Body) -> bool {
    match (asked, body.packed_size()) {
        (1, _) | (_, None) => false,
        (2.., Some(_)) => true,
        (_, Some(size)) => {
            size >= WORTH && processors::one_is_idle(Path::new("/proc"), Path::new("/sys"))
        }
    }
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
        let held = !self.again;
        if self.ahead {
            // What is packed says itself whether it came whole.
            let read = decode::read(Bytes::Ahead(body), &self.limits, held);
            return FirstRead::new(read, Whole::Yes);
        }
        let mut body: Box<dyn Read + '_> = match self.is_encoded {
            true => Box::new(Layer::new(body, self.limits.unpacked)),
            false => Box::new(body),
        };
        let mut tally = Tally::new(&mut body);
        let read = decode::read(Bytes::Here(&mut tally), &self.limits, held);
        FirstRead::new(read, tally.verdict())
    }
}

impl FirstRead {
    fn new(
        read: std::result::Result<(Decoded, Option<Rereader>), Fault>,
        whole: Whole,
    ) -> FirstRead {
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
    /// Whether a second thread unpacks.
    pub(super) ahead: bool,
    /// The source, as it may be shown.
    pub(super) name: String,
}

impl Again for Reread {
    fn blocks(&self, visit: &mut dyn FnMut(Block<'_>) -> Result<()>) -> Result<()> {
        let failed = |why: &dyn std::fmt::Display| Error::source(format!("{}: {why}", self.name));
        let mut body = self.bytes.body();
        let mut again = |bytes: Bytes<'_>| self.rereader.blocks(bytes, visit);
        let read = match (self.is_encoded, self.ahead) {
            (true, _) => again(Bytes::Here(&mut Layer::new(&mut body, u64::MAX))),
            (false, true) => again(Bytes::Ahead(&mut body)),
            (false, false) => again(Bytes::Here(&mut body)),
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
