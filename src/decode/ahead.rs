//! Unpacks in a second thread, a few stretches ahead of whoever decodes them.
//!
//! Pays only where a processor is idle: it takes no less of their time, and some memory more. Whether it may is for
//! those who know the machine; here it is only done. What comes out is what one thread makes of the same bytes.

use std::io::Read;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::error::DecodeError;
use super::gzip::Gunzip;
use super::stream::{HISTORY, Input, copy};

/// Bytes unpacked at once.
const STRETCH: usize = 128 * 1024;
/// The stack of the second thread; unpacking does not recurse.
const STACK: usize = 64 * 1024;

/// What lies between the two threads.
#[derive(Default)]
pub(super) struct Exchange {
    hand: Mutex<Hand>,
    changed: Condvar,
}

#[derive(Default)]
struct Hand {
    /// The next stretch; an empty one is the end.
    next: Option<Result<Stretch, DecodeError>>,
    /// A buffer that may be filled again.
    spare: Option<Vec<u8>>,
    /// Nobody reads on.
    closed: bool,
}

/// Some unpacked bytes of a buffer; in front of them are those that deflate may refer back to.
#[derive(Default)]
struct Stretch {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Stretch {
    fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }
}

impl Exchange {
    fn lock(&self) -> MutexGuard<'_, Hand> {
        self.hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while `waits` says so.
    fn lock_when(&self, mut waits: impl FnMut(&mut Hand) -> bool) -> MutexGuard<'_, Hand> {
        let hand = self.changed.wait_while(self.lock(), |hand| waits(hand));
        hand.unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a stretch over when there is room for it; a buffer for the next one, none where nobody wants it.
    fn put(&self, stretch: Result<Stretch, DecodeError>) -> Option<Vec<u8>> {
        let mut hand = self.lock_when(|hand| hand.next.is_some() && !hand.closed);
        hand.next = Some(stretch);
        self.changed.notify_all();
        (!hand.closed).then(|| hand.spare.take().unwrap_or_default())
    }
}

/// Unpacks all of `input` for the other side of `exchange`.
fn unpack(input: &mut dyn Read, floor: u64, exchange: &Exchange) {
    let mut input = Input::new(input);
    let mut gunzip = Box::new(Gunzip::new(floor));
    let mut buffer = Vec::new();
    let mut history = Vec::new();
    loop {
        buffer.resize(HISTORY.saturating_add(STRETCH), 0);
        let start = copy(&history, &mut buffer, 0);
        let (mut end, mut rest) = (start, Ok(1));
        while end < buffer.len() && matches!(rest, Ok(1..)) {
            rest = gunzip.unpack(&mut input, &mut buffer, end);
            end = end.saturating_add(*rest.as_ref().unwrap_or(&0));
        }
        history.clear();
        let keep = end.saturating_sub(HISTORY);
        history.extend_from_slice(buffer.get(keep..end).unwrap_or_default());
        let stretch = Stretch { buffer, start, end };
        // What came before an error goes before it, and at the end an empty stretch follows.
        let is_empty = stretch.bytes().is_empty();
        let spare = match rest {
            Err(error) if is_empty => return drop(exchange.put(Err(error))),
            Err(error) => exchange
                .put(Ok(stretch))
                .and_then(|_| exchange.put(Err(error))),
            Ok(_) => exchange.put(Ok(stretch)).filter(|_| !is_empty),
        };
        match spare {
            Some(spare) => buffer = spare,
            None => return,
        }
    }
}

/// The unpacked bytes, on the side of whoever decodes.
pub(super) struct Ahead<'e> {
    exchange: &'e Exchange,
    stretch: Stretch,
    ended: bool,
}

impl<'e> Ahead<'e> {
    /// Begins to unpack `input` in a thread of `scope`; none where the system has no thread to give.
    pub(super) fn begin<'s>(
        scope: &'s thread::Scope<'s, 'e>,
        exchange: &'e Exchange,
        input: &'e mut (dyn Read + Send),
        floor: u64,
    ) -> Option<Self> {
        let work = move || unpack(input, floor, exchange);
        let thread = thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, work).ok()?;
        Some(Ahead {
            exchange,
            stretch: Stretch::default(),
            ended: false,
        })
    }

    /// What is unpacked and not used; waits for more when that is nothing, so empty means the end.
    pub(super) fn available(&mut self) -> Result<&[u8], DecodeError> {
        if self.stretch.bytes().is_empty() && !self.ended {
            let mut hand = self.exchange.lock_when(|hand| hand.next.is_none());
            hand.spare = Some(std::mem::take(&mut self.stretch.buffer));
            let next = hand.next.take();
            drop(hand);
            self.exchange.changed.notify_all();
            // Whoever failed says no more.
            self.ended = true;
            if let Some(next) = next {
                self.stretch = next?;
                self.ended = self.stretch.bytes().is_empty();
            }
        }
        Ok(self.stretch.bytes())
    }

    /// Marks bytes as used.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.stretch.start = self.stretch.start.saturating_add(bytes);
    }
}

impl Drop for Ahead<'_> {
    fn drop(&mut self) {
        self.exchange.lock().closed = true;
        self.exchange.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::super::bytes::small;
    use super::super::gzip::packed;
    use super::super::{Bytes, Limits, decode, read};
    use crate::decode::Fault;

    /// What comes of a file: its samples, or the error.
    fn outcome(decoded: Result<super::super::Decoded, Fault>) -> String {
        match decoded {
            Ok(decoded) => format!("{} samples", decoded.profile.samples.len()),
            Err(fault) => fault.to_string(),
        }
    }

    fn both(file: &[u8]) -> [String; 2] {
        let limits = Limits::default();
        let ahead = read(Bytes::Ahead(&mut &*file), &limits, true);
        [
            outcome(decode(&mut &*file, &limits)),
            outcome(ahead.map(|(decoded, _)| decoded)),
        ]
    }

    /// A profile with a field that nobody knows in front, of so many bytes that hardly pack.
    fn large(bytes: usize) -> Vec<u8> {
        let mut noise = 1u32;
        let next = || {
            noise ^= noise << 13;
            noise ^= noise >> 17;
            noise ^= noise << 5;
            noise as u8
        };
        let mut file = vec![0xa2, 0x06];
        let mut size = bytes;
        while size >= 0x80 {
            file.push(size as u8 | 0x80);
            size >>= 7;
        }
        file.push(size as u8);
        file.extend(std::iter::repeat_with(next).take(bytes));
        file.extend(small());
        file
    }

    #[test]
    fn stretches_make_what_the_whole_makes() {
        // About one stretch, and several.
        for bytes in [0, 9, 131_000, 131_072, 163_840, 163_900, 700_000] {
            let [here, ahead] = both(&packed(&large(bytes)));
            assert_eq!(ahead, here, "{bytes}");
            assert_eq!(here, "2 samples", "{bytes}");
        }
        let members = [
            packed(&large(200_000)[..100_000]),
            packed(&large(200_000)[100_000..]),
        ];
        assert_eq!(both(&members.concat()), ["2 samples", "2 samples"]);
    }

    #[test]
    fn what_is_broken_is_told_alike() {
        let file = packed(&large(300_000));
        let step = file.len() / 40;
        for at in (2..file.len())
            .step_by(step)
            .chain(file.len() - 12..file.len())
        {
            let [here, ahead] = both(&file[..at]);
            assert_eq!(ahead, here, "cut at {at}");
            let mut other = file.clone();
            other[at] ^= 0x10;
            let [here, ahead] = both(&other);
            assert_eq!(ahead, here, "changed at {at}");
        }
        let [here, ahead] = both(&packed(&large(300_000)[..299_000]));
        assert_eq!(ahead, here);
        let [here, ahead] = both(&[&file[..], b"more"].concat());
        assert_eq!(ahead, here);
    }

    #[test]
    fn whoever_stops_early_does_not_wait_for_the_rest() {
        // A field of the wrong type ends it long before the end of the file.
        let mut file = vec![0x11];
        file.extend(large(2_000_000));
        let [here, ahead] = both(&packed(&file));
        assert_eq!(ahead, here);
        assert!(!here.ends_with("samples"), "{here}");
    }
}
