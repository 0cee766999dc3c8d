//! Watches a fetch from the first lookup to the last byte, so that no wait is blind.
//!
//! Whoever waits does so for a [`TICK`] at most and then asks here whether to go on: Ctrl-C ends the fetch, and
//! so does too long a silence. The kernel's own timeouts would take minutes, and a stalled server has none.

use std::io;
use std::time::{Duration, Instant};

use super::{OnProgress, Progress};
use crate::go::fmt;
use crate::interrupt;

/// The longest wait that asks nobody.
pub(super) const TICK: Duration = Duration::from_millis(200);
/// How often progress is told: it counts in seconds, and a terminal in a pod is far away.
const SHOWN_EVERY: Duration = Duration::from_millis(500);
/// What pprof allows a server beyond its timeout.
const GRACE: Duration = Duration::from_secs(5);
/// A connection that is not there after this long will not come: the kernel would try for two minutes.
const LONGEST_DIAL: Duration = Duration::from_secs(30);
/// As Go's client.
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(10);

const HANDSHAKE: &str =
    "net/http: TLS handshake timeout (no answer: does that port speak plain http://?)";

/// Bytes a second below which a body would never come to its end.
const SLOWEST: u64 = 10;

/// What is being waited for; each has its own end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Dial,
    /// With a proxy, and of TLS.
    Handshake,
    Headers,
    Body,
}

/// How long a fetch may be silent, and who is told that it is.
pub(super) struct Watch {
    phase: Phase,
    /// When the phase began, or the last byte of the body came.
    since: Instant,
    started: Instant,
    patience: Duration,
    recording: Option<Duration>,
    /// When the whole fetch must be over, counted from its start.
    deadline: Option<Duration>,
    bytes: u64,
    /// Bytes that the body will have, and when it began.
    total: Option<u64>,
    body_began: Instant,
    shown: Option<Instant>,
    progress: Option<OnProgress>,
}

impl Watch {
    /// Starts with the dial; `timeout` and `recording` in nanoseconds, `recording` not positive for none.
    pub(super) fn new(timeout: i64, recording: i64, progress: Option<OnProgress>) -> Self {
        let nanos = |nanos: i64| Duration::from_nanos(u64::try_from(nanos).unwrap_or(0));
        let now = Instant::now();
        Self {
            phase: Phase::Dial,
            since: now,
            started: now,
            patience: nanos(timeout).saturating_add(GRACE),
            recording: Some(nanos(recording)).filter(|time| !time.is_zero()),
            deadline: None,
            bytes: 0,
            total: None,
            body_began: now,
            shown: None,
            progress,
        }
    }

    /// Of a question that must be answered whole within `limit`; nobody is told meanwhile.
    pub(super) fn brief(limit: Duration) -> Self {
        Self {
            patience: limit,
            deadline: Some(limit),
            ..Self::new(0, 0, None)
        }
    }

    /// Whether the fetch has taken longer than it may altogether.
    pub(super) fn is_late(&self) -> bool {
        let deadline = self.deadline;
        deadline.is_some_and(|deadline| self.started.elapsed() >= deadline)
    }

    /// How long one call to the kernel may wait.
    pub(super) fn tick(&self) -> Duration {
        self.deadline
            .map_or(TICK, |deadline| TICK.min(deadline / 6))
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = Instant::now();
    }

    /// The server was asked to record for another time than before.
    pub(super) fn records_for(&mut self, nanos: i64) {
        self.recording = Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)));
        self.started = Instant::now();
    }

    /// The body begins, and will have so many bytes, where that is known.
    pub(super) fn enter_body(&mut self, total: Option<u64>) {
        self.enter(Phase::Body);
        self.body_began = self.since;
        self.total = total;
        self.bytes = 0;
    }

    /// Bytes of the body so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Something of the body came.
    pub(super) fn received(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.since = Instant::now();
        self.show();
    }

    /// What to say where a body drips: for as long as a silence may last, less came than a trace of an idle program has.
    pub(super) fn too_slow(&self) -> Option<String> {
        let receiving = self.body_began.elapsed();
        let least = SLOWEST.saturating_mul(receiving.as_secs());
        (receiving >= self.patience && self.bytes < least).then(|| {
            let (bytes, time) = (self.bytes, seconds(self.patience));
            format!("the server is too slow: {bytes} bytes came in {time} (-timeout=SECONDS waits longer)")
        })
    }

    /// How long a dial may take.
    pub(super) fn dial_limit(&self) -> Duration {
        self.patience.min(LONGEST_DIAL)
    }

    /// Nothing came for a tick: fails where it is time to give up.
    pub(super) fn waited(&mut self) -> io::Result<()> {
        self.check()?;
        self.show();
        let (limit, text) = match self.phase {
            Phase::Dial => (self.dial_limit(), "i/o timeout".to_string()),
            Phase::Handshake => (self.patience.min(LONGEST_HANDSHAKE), HANDSHAKE.to_string()),
            Phase::Headers => (self.patience, self.headers_text()),
            Phase::Body => (self.patience, self.body_text()),
        };
        match self.since.elapsed() >= limit || self.is_late() {
            true => Err(io::Error::other(text)),
            false => Ok(()),
        }
    }

    /// Fails after Ctrl-C.
    pub(super) fn check(&self) -> io::Result<()> {
        interrupt::check().map_err(|error| io::Error::other(error.to_string()))
    }

    fn headers_text(&self) -> String {
        format!(
            "net/http: timeout awaiting response headers (no answer for {}; -timeout=SECONDS waits longer)",
            seconds(self.patience)
        )
    }

    fn body_text(&self) -> String {
        format!(
            "the server stalled: {} bytes came, then nothing for {} (-timeout=SECONDS waits longer)",
            self.bytes,
            seconds(self.patience)
        )
    }

    fn show(&mut self) {
        let Some(progress) = &self.progress else {
            return;
        };
        if self
            .shown
            .is_some_and(|shown| shown.elapsed() < SHOWN_EVERY)
        {
            return;
        }
        self.shown = Some(Instant::now());
        progress(Progress {
            elapsed: self.started.elapsed(),
            of: self.recording,
            bytes: self.bytes,
            total: self.total,
            receiving: self.body_began.elapsed(),
        });
    }
}

/// As Go writes a duration.
fn seconds(time: Duration) -> String {
    fmt::duration(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_timeout_of_any_size_is_taken() {
        for timeout in [i64::MIN, -1, 0, 1, i64::MAX] {
            let mut watch = Watch::new(timeout, timeout, None);
            for phase in [Phase::Dial, Phase::Handshake, Phase::Headers, Phase::Body] {
                watch.enter(phase);
                watch.waited().unwrap();
            }
            assert!(watch.dial_limit() <= LONGEST_DIAL);
        }
    }

    #[test]
    fn a_wait_that_is_over_says_how_long_it_was() {
        let mut watch = Watch::new(1_500_000_000, 0, None);
        watch.received(3);
        let Some(past) = Instant::now().checked_sub(Duration::from_secs(7)) else {
            return;
        };
        for (phase, text) in [
            (Phase::Dial, "i/o timeout"),
            (Phase::Handshake, "net/http: TLS handshake timeout ("),
            (
                Phase::Headers,
                "net/http: timeout awaiting response headers (no answer for 6.5s; ",
            ),
            (
                Phase::Body,
                "the server stalled: 3 bytes came, then nothing for 6.5s ",
            ),
        ] {
            watch.enter(phase);
            watch.since = past;
            let error = watch.waited().unwrap_err().to_string();
            assert!(error.starts_with(text), "{error}");
        }
    }

    #[test]
    fn a_body_that_drips_is_given_up_and_one_that_flows_is_not() {
        let mut watch = Watch::new(1_000_000_000, 0, None);
        watch.enter_body(None);
        watch.received(60);
        assert_eq!(watch.too_slow(), None, "it has only begun");
        let Some(past) = Instant::now().checked_sub(Duration::from_secs(7)) else {
            return;
        };
        watch.body_began = past;
        let text = watch.too_slow().unwrap();
        assert!(
            text.starts_with("the server is too slow: 60 bytes came in 6s ("),
            "{text}"
        );
        watch.received(20);
        assert_eq!(watch.too_slow(), None);
    }

    #[test]
    fn progress_tells_the_bytes_and_the_length_of_the_recording() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        let progress: OnProgress = Arc::new(move |progress| sink.lock().unwrap().push(progress));
        let mut watch = Watch::new(1, 30_000_000_000, Some(progress));
        watch.received(5);
        watch.received(5);
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 1, "not at every read");
        assert_eq!(
            (told[0].bytes, told[0].of),
            (5, Some(Duration::from_secs(30)))
        );
    }
}
