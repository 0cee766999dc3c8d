//! Takes a profile of the connected process: its price is said first, then it is asked for once.
//!
//! What comes becomes an open profile, or takes the place of the one it renews. A body that is no profile
//! goes to a file or is shown; nothing is written that was not asked for.

use std::ffi::OsStr;
use std::io::{self, Read};

use super::open::Arrival;
use super::target::ReportFile;
use super::{Session, Streams, say};
use crate::command::live::Fetch;
use crate::error::{Error, Result, Warning};
use crate::report::sink::{Plain, Sink};
use crate::source;
use crate::target::price::{Question, price};

/// Bytes of a command line that are shown.
const LONGEST_SHOWN: u64 = 64 * 1024;

/// How a profile is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// With all that is said of a fetch.
    All,
    /// With what is shown then, alone.
    Shown,
}

impl Session {
    /// Takes the profile that was asked for, or the current one again.
    pub(super) fn fetch(&mut self, asked: Option<Fetch>, io: &mut Streams<'_>) -> Result<()> {
        let Some(asked) = asked else {
            return self.renew(Said::All, io);
        };
        let url = self.live.url(&asked)?;
        if let ("trace" | "symbol", None) = (asked.kind.as_str(), &asked.file) {
            let kind = &asked.kind;
            let text = format!("{kind} is no profile: keep it in a file, fetch {kind} >FILE");
            return Err(Error::usage(text));
        }
        self.say_price(&asked, io.err)?;
        match &asked.file {
            Some(file) => return self.keep(&url, file, io),
            None if asked.kind == "cmdline" => return self.show_body(&url, io),
            None => {}
        }
        let arrival = self.opener.live(&url, io.err)?;
        let name = self.take_in(arrival, io)?;
        self.live.remember(name, asked);
        Ok(())
    }

    /// Takes the current profile again, in its own place and compared as before.
    pub(super) fn renew(&mut self, said: Said, io: &mut Streams<'_>) -> Result<()> {
        let (name, _) = self.shelf.shown_names();
        let Some(asked) = self.live.remembered(&name) else {
            let text = match self.shelf.is_empty() {
                true => "nothing was fetched yet: name a profile, e.g. fetch heap".to_string(),
                false => format!("{name} was not fetched here: name a profile, e.g. fetch heap"),
            };
            return Err(Error::usage(text));
        };
        let url = self.live.url(&asked)?;
        let arrival = match said {
            Said::All => {
                self.say_price(&asked, io.err)?;
                self.opener.live(&url, io.err)?
            }
            Said::Shown => self.quietly(&url, io.err)?,
        };
        self.put_in_place(arrival, io)
    }

    /// Opens a URL, and passes on what is said of it only where that fails.
    pub(super) fn quietly(&mut self, url: &str, err: &mut dyn Sink) -> Result<Arrival> {
        let mut unsaid = Plain(Vec::new());
        let opened = self.opener.live(url, &mut unsaid);
        if opened.is_err() {
            say(err, &unsaid.0)?;
        }
        opened
    }

    /// Says what the question costs the process, and asks where that is much.
    fn say_price(&mut self, asked: &Fetch, err: &mut dyn Sink) -> Result<()> {
        if asked.debug == 2 {
            self.refresh_index()?;
        }
        let target = self.live.target()?;
        let cost = price(&Question {
            kind: &asked.kind,
            debug: asked.debug,
            gc: asked.gc,
            seconds: asked.seconds,
            goroutines: target.endpoint.count("goroutine"),
        });
        let Some(text) = cost.text else {
            return Ok(());
        };
        say(err, text.as_bytes())?;
        if !cost.steep || asked.force || self.opener.flags().force {
            return Ok(());
        }
        let somebody = self.opener.surroundings().somebody;
        match somebody.is_some_and(|somebody| (somebody.agrees)("Take it all the same?")) {
            true => Ok(()),
            false => Err(Error::usage(
                "not taken: -force does it, fetch goroutine answers most questions for less",
            )),
        }
    }

    /// Keeps a body as it comes, whole or not at all.
    fn keep(&self, url: &str, file: &str, io: &mut Streams<'_>) -> Result<()> {
        let mut out = ReportFile::new(file, &|_| ());
        let bytes = self.read_body(url, io.err, &mut |body| io::copy(body, &mut out))?;
        out.finish()?;
        let text = format!("Saved {bytes} bytes in {file}");
        Ok(say(io.err, text.as_bytes())?)
    }

    /// Shows the words of a command line.
    fn show_body(&self, url: &str, io: &mut Streams<'_>) -> Result<()> {
        let mut text = Vec::new();
        self.read_body(url, io.err, &mut |body| {
            body.take(LONGEST_SHOWN)
                .read_to_end(&mut text)
                .map(|read| read as u64)
        })?;
        let words = text.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let words: Vec<_> = words.collect();
        Ok(say(io.out, words.join(" ").as_bytes())?)
    }

    fn read_body(
        &self,
        url: &str,
        err: &mut dyn Sink,
        read: &mut dyn FnMut(&mut dyn Read) -> io::Result<u64>,
    ) -> Result<u64> {
        let mut options = self.opener.fetching()?;
        // What the URL says counts, not the flag.
        options.seconds = -1;
        let mut note = |warning: Warning| drop(say(err, &warning.text()));
        let mut opened = source::open(OsStr::new(url), &options, &mut note)?;
        let read = read(&mut opened.body);
        match opened.body.failure() {
            Some(text) => Err(Error::source(format!("{}: {text}", opened.name))),
            None => Ok(read?),
        }
    }
}
