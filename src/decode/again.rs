//! Reads the samples of a profile once more, in blocks, with what the first reading learned of it.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::Fault;
use super::error::DecodeError;
use super::proto::Decoder;
use super::stream::{Bytes, Stream};
use crate::error::{Error, Result};
use crate::interrupt;
use crate::model::Block;

/// What reads samples again; one reading at a time.
pub(crate) struct Rereader {
    decoder: Mutex<Option<Decoder>>,
    brings_lists: bool,
}

impl fmt::Debug for Rereader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rereader")
    }
}

impl Rereader {
    pub(super) fn new(decoder: Decoder) -> Self {
        Rereader {
            brings_lists: decoder.builder.brings_lists(),
            decoder: Mutex::new(Some(decoder)),
        }
    }

    /// Whether each block brings its label lists.
    pub(crate) fn brings_lists(&self) -> bool {
        self.brings_lists
    }

    /// Shows all samples of the same input, block after block; the error of a visit ends it.
    pub(crate) fn blocks(
        &self,
        bytes: Bytes<'_>,
        visit: &mut dyn FnMut(Block<'_>) -> Result<()>,
    ) -> std::result::Result<(), Stopped> {
        let slot = || self.decoder.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut decoder) = slot().take() else {
            let text = "the samples are being read already".to_string();
            return Err(Stopped::Visit(Error::report(text)));
        };
        let read = decoder.read_again(bytes, visit);
        *slot() = Some(decoder);
        read
    }
}

/// Why samples were not all read again.
pub(crate) enum Stopped {
    /// The input is not what it was, or cannot be read.
    Fault(Fault),
    /// A visit ended it, or the user.
    Visit(Error),
}

impl From<DecodeError> for Stopped {
    fn from(error: DecodeError) -> Self {
        Stopped::Fault(error.into())
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Stopped::Visit(error)
    }
}

impl Decoder {
    fn read_again(
        &mut self,
        bytes: Bytes<'_>,
        visit: &mut dyn FnMut(Block<'_>) -> Result<()>,
    ) -> std::result::Result<(), Stopped> {
        let mut read = Ok(());
        // How far it unpacks was held against its limit before.
        Stream::run(bytes, u64::MAX, &mut |mut stream| {
            read = self.samples(&mut stream, visit);
        })?;
        read
    }

    fn samples(
        &mut self,
        stream: &mut Stream<'_>,
        visit: &mut dyn FnMut(Block<'_>) -> Result<()>,
    ) -> std::result::Result<(), Stopped> {
        self.builder.begin_again();
        loop {
            interrupt::check()?;
            let more = self.window(stream)?;
            let at = stream.place().count();
            if let Some(block) = self.builder.block(at)? {
                visit(block)?;
                self.builder.end_block();
            }
            if !more {
                return Ok(self.builder.end_again(at)?);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::bytes::small;
    use super::super::{Limits, decode, read};
    use super::*;
    use crate::model::{LocationId, Profile};

    type Seen = Vec<(Vec<i64>, Vec<LocationId>, Vec<crate::model::Label>)>;

    fn seen(profile: &Profile) -> Seen {
        let mut seen = Seen::new();
        let scan = profile.samples.scan(|sample| {
            let labels = profile.label_sets.row(sample.labels.at()).to_vec();
            seen.push((sample.values.to_vec(), sample.stack.to_vec(), labels));
        });
        scan.unwrap();
        seen
    }

    /// What a later reading of `bytes` shows, none where it fails.
    fn again(rereader: &Rereader, profile: &Profile, bytes: &[u8]) -> Option<Seen> {
        let mut seen = Seen::new();
        let mut visit = |block: Block<'_>| {
            let lists = block.lists.unwrap_or(&profile.label_sets);
            block.samples.scan(|sample| {
                assert!(
                    sample
                        .stack
                        .iter()
                        .all(|l| l.at() < profile.locations.len())
                );
                let labels = lists.row(sample.labels.at()).to_vec();
                assert!(
                    labels
                        .iter()
                        .all(|label| label.key.at() < profile.strings.len())
                );
                seen.push((sample.values.to_vec(), sample.stack.to_vec(), labels));
            })
        };
        let read = rereader.blocks(Bytes::Here(&mut &*bytes), &mut visit);
        read.is_ok().then_some(seen)
    }

    #[test]
    fn samples_are_read_again_and_again_as_they_are() {
        let file = small();
        let held = decode(&mut &*file, &Limits::default()).unwrap().profile;
        let (decoded, rereader) =
            read(Bytes::Here(&mut &*file), &Limits::default(), false).unwrap();
        let rereader = rereader.unwrap();
        assert_eq!(decoded.profile.samples.len(), 0);
        for _ in 0..2 {
            let seen_again = again(&rereader, &decoded.profile, &file);
            assert_eq!(seen_again, Some(seen(&held)));
        }
    }

    #[test]
    fn a_file_that_has_changed_leads_out_of_no_table() {
        let file = small();
        let (decoded, rereader) =
            read(Bytes::Here(&mut &*file), &Limits::default(), false).unwrap();
        let rereader = rereader.unwrap();
        let mut told = 0;
        for at in 0..file.len() {
            for flip in [1, 2, 0x10, 0x40, 0x80] {
                let mut other = file.clone();
                other[at] ^= flip;
                told += usize::from(again(&rereader, &decoded.profile, &other).is_none());
            }
            // A file cut behind its samples has them all.
            let cut = again(&rereader, &decoded.profile, &file[..at]);
            assert!(cut.is_none_or(|seen| seen.len() == 2), "{at}");
        }
        assert!(told > 0);
        assert_eq!(
            again(&rereader, &decoded.profile, &file).map(|seen| seen.len()),
            Some(2)
        );
    }
}
