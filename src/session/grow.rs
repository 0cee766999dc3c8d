//! A live process compared with itself: what grows within a while, and a report again and again.
//!
//! Go's server takes both snapshots and sends only what lies between them; where it cannot, the two are
//! taken here. Either way what is opened is a difference, its time being the while.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use super::fetch::Said;
use super::gather::{Comparison, compare};
use super::open::Arrival;
use super::{Flow, Session, Streams, say};
use crate::command::live::{Fetch, SERVICES};
use crate::error::{Cause, Error, Result};
use crate::interrupt;
use crate::measure;
use crate::model::Profile;
use crate::report::sink::Plain;
use crate::source::Progress;
use crate::view::{Base, BaseOptions, Names};

/// How often somebody who waits is told how long.
const TICK: Duration = Duration::from_millis(200);

impl Session {
    /// Opens what changes in a profile within so many seconds, and says how fast that is.
    pub(super) fn grow(&mut self, kind: &str, seconds: u64, io: &mut Streams<'_>) -> Result<()> {
        if SERVICES.contains(&kind) {
            let text =
                format!("{kind} does not grow: grow takes heap, goroutine, allocs, mutex, …");
            return Err(Error::usage(text));
        }
        let mut asked = Fetch {
            kind: kind.to_string(),
            ..Fetch::default()
        };
        let now = self.live.url(&asked)?;
        asked.seconds = Some(seconds);
        let later = self.live.url(&asked)?;
        say(io.err, format!("Watching {kind} for {seconds}s").as_bytes())?;
        let begun = Instant::now();
        let mut unsaid = Plain(Vec::new());
        let mut arrival = match self.opener.live(&later, &mut unsaid) {
            Ok(arrival) if arrival.base.profile.header.duration_nanos > 0 => arrival,
            // A server that knows no `seconds` has sent a snapshot at once.
            Ok(first) if begun.elapsed() < Duration::from_secs(seconds) => {
                self.second(first, &now, begun + Duration::from_secs(seconds), io)?
            }
            Ok(arrival) => arrival,
            Err(_) if refused(&unsaid.0) => {
                let first = self.quietly(&now, io.err)?;
                let end = Instant::now() + Duration::from_secs(seconds);
                self.second(first, &now, end, io)?
            }
            Err(error) if matches!(error.cause(), Cause::Interrupted) => return Err(error),
            Err(error) => {
                say(io.err, &unsaid.0)?;
                return Err(error);
            }
        };
        arrival.wish = format!("{kind}+{seconds}s");
        let rates = rates(&arrival.base.profile, seconds)?;
        self.take_in(arrival, io)?;
        Ok(say(io.err, rates.as_bytes())?)
    }

    /// Waits, and tells somebody who waits along how long it takes.
    pub(super) fn wait_until(&self, end: Instant) -> Result<()> {
        let begun = Instant::now();
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            interrupt::check()?;
            if let Some(progress) = &self.opener.surroundings().progress {
                progress(Progress {
                    elapsed: begun.elapsed(),
                    of: Some(end - begun),
                    bytes: 0,
                    total: None,
                    receiving: Duration::ZERO,
                });
            }
            std::thread::sleep(left.min(TICK));
        }
        Ok(())
    }

    /// The second snapshot minus the first, once it is time.
    fn second(
        &mut self,
        first: Arrival,
        url: &str,
        end: Instant,
        io: &mut Streams<'_>,
    ) -> Result<Arrival> {
        self.wait_until(end)?;
        let mut arrival = self.quietly(url, io.err)?;
        let nothing = Base::of_nothing().profile;
        let later = std::mem::replace(&mut arrival.base.profile, nothing);
        let first_time = first.base.profile.header.time_nanos;
        let time = later.header.time_nanos;
        let two = [Cow::Owned(later), Cow::Owned(first.base.profile)];
        let mut grown = compare(two, Comparison::Base, false)?;
        grown.header.time_nanos = time;
        grown.header.duration_nanos = time.saturating_sub(first_time).max(0);
        let options = BaseOptions {
            // They have been cleaned up when the two were opened.
            names: Names::AsTheyAre,
            all_frames: false,
        };
        arrival.base = Base::new(grown, &options)?;
        Ok(arrival)
    }

    /// Fetches again and does what the line asks for, until somebody presses a key or it was often enough.
    pub(super) fn every(&mut self, seconds: u64, line: &str, io: &mut Streams<'_>) -> Result<Flow> {
        let times = u64::try_from(self.opener.flags().times).unwrap_or(0);
        let somebody = self.opener.surroundings().somebody;
        if times == 0 && somebody.is_none() {
            let text = "every needs an end where nobody can press a key: podprof -n=5 …";
            return Err(Error::usage(text));
        }
        if super::repeats(line) {
            let text = "every takes a report, e.g. every 30s top 10";
            return Err(Error::usage(text));
        }
        for time in 1.. {
            self.renew(Said::Shown, io)?;
            if self.run(line, io)? != Flow::Prompt {
                return Ok(Flow::Quit);
            }
            if time == times {
                break;
            }
            if somebody.is_some() && time == 1 {
                say(
                    io.err,
                    format!("(again every {seconds}s; any key stops)").as_bytes(),
                )?;
            }
            if self.pause(Duration::from_secs(seconds)) {
                break;
            }
        }
        Ok(Flow::Prompt)
    }

    /// Waits; whether somebody wants no more.
    fn pause(&self, length: Duration) -> bool {
        match self.opener.surroundings().somebody {
            Some(somebody) => (somebody.pressed)(length),
            None => {
                std::thread::sleep(length);
                interrupt::check().is_err()
            }
        }
    }
}

/// Whether a server said that it cannot take the two snapshots itself.
fn refused(said: &[u8]) -> bool {
    let said = String::from_utf8_lossy(said);
    ["not supported for this profile", "WriteTimeout"]
        .iter()
        .any(|words| said.contains(words))
}

/// `inuse_space +12MB (+12MB a minute)` for each sample type.
fn rates(profile: &Profile, seconds: u64) -> Result<String> {
    let mut sums = vec![0i64; profile.sample_types.len()];
    profile.scan_values(|values, _| {
        for (sum, value) in sums.iter_mut().zip(values) {
            *sum = sum.wrapping_add(*value);
        }
    })?;
    let rows = profile.sample_types.iter().zip(&sums).map(|(kind, sum)| {
        let unit = profile.text(kind.unit);
        let signed = |value: i64| {
            let text = String::from_utf8_lossy(&measure::label(value, unit)).into_owned();
            if value > 0 { format!("+{text}") } else { text }
        };
        let minute = sum.saturating_mul(60) / i64::try_from(seconds).unwrap_or(i64::MAX).max(1);
        let name = String::from_utf8_lossy(profile.text(kind.kind)).into_owned();
        let name = crate::command::help::one_line(&name);
        format!("  {name} {} ({} a minute)", signed(*sum), signed(minute))
    });
    let rows: Vec<String> = rows.collect();
    match rows.is_empty() {
        true => Err(Error::source("the profile has no sample types")),
        false => Ok(rows.join("\n")),
    }
}
