//! `triage`: has judged what is open, or what a live process tells within a few seconds.
//!
//! Files and incidents are judged as they are. At the prompt the words for one part of it go over what
//! was taken before.

use std::ffi::OsString;

use super::live::Start;
use super::look::Looked;
use super::{Session, Streams, complain};
use crate::command::pipe;
use crate::command::triage::{Triaging, deciding};
use crate::error::{Error, Result};
use crate::packed::packed;
use crate::report::sink::{Plain, Sink};
use crate::source;
use crate::triage::{self, Evidence, Part, Printing, Whence};

impl Session {
    /// Judges what the command line names; whether something is wrong.
    ///
    /// # Errors
    /// Nothing could be looked at.
    pub(crate) fn triage_once(
        &mut self,
        (start, sources): (Option<&Start>, &[OsString]),
        asked: &Triaging,
        io: &mut Streams<'_>,
    ) -> Result<bool> {
        deciding(&self.settings)?;
        let named: Vec<String> = sources.iter().map(|source| source::shown(source)).collect();
        self.named = named.join(" ");
        match start {
            Some(start) => {
                let mut unsaid = Plain(Vec::new());
                self.go_live(start, false, &mut unsaid)?;
            }
            None => self.open_all(sources, io.err)?,
        }
        self.triage(asked, io)
    }

    /// Opens files one by one; one that fails costs a line.
    fn open_all(&mut self, sources: &[OsString], err: &mut dyn Sink) -> Result<()> {
        for source in sources {
            match self.opener.another(&source.to_string_lossy(), err) {
                Ok(arrival) => self.shelf.add(arrival),
                Err(error) if sources.len() == 1 => return Err(error),
                Err(error) => complain(err, &error)?,
            }
        }
        match self.shelf.is_empty() {
            true => Err(Error::source("no profile could be opened")),
            false => Ok(()),
        }
    }

    /// Judges what is open, or takes it of the connected process first; whether something is wrong.
    pub(super) fn triage(&mut self, asked: &Triaging, io: &mut Streams<'_>) -> Result<bool> {
        let deciding = deciding(&self.settings)?;
        let live = self.live.is_connected();
        let watched = match asked.watch {
            Some(seconds) => Some(self.watch(seconds, io.err)?),
            None => None,
        };
        // One part goes over what is there.
        if live && watched.is_none() && (asked.class.is_none() || self.looked.is_none()) {
            let looked = self.look(asked.budget)?;
            self.drop_earlier(&|name| !looked.took(name));
            self.looked = Some(looked);
        }
        if self.shelf.is_empty() {
            return Err(self.live.nothing_open());
        }
        let nothing = Looked::default();
        let looked = watched.as_ref().or(self.looked.as_ref());
        let looked = looked.unwrap_or(&nothing);
        let mut parts: Vec<Part<'_>> = Vec::new();
        for (open, _) in self.shelf.all() {
            let taken = looked.taken.iter().find(|(name, _)| *name == open.name);
            if taken.is_some() || looked.taken.is_empty() {
                parts.push(Part {
                    name: &open.name,
                    origin: &open.origin,
                    profile: &open.base.profile,
                    at: taken.map(|(_, at)| *at),
                });
            }
        }
        let own_code = deciding.own_code.as_ref();
        let ends: Vec<Part<'_>> = match (&watched, &parts[..]) {
            (Some(_), [first, .., last]) => vec![*first, *last],
            _ => parts.clone(), // all there is
        };
        let evidence = Evidence::of(&ends, &looked.process, &looked.missing, own_code)?;
        if evidence.is_empty() {
            let text = packed!(
                "nothing that is open can be judged: triage reads goroutine, heap, CPU, mutex and block profiles"
            );
            return Err(Error::usage(text.text()));
        }
        let found = match &watched {
            Some(_) => triage::grown_each_time(&evidence, &parts, own_code)?,
            None => triage::find(&evidence, &deciding.thresholds, asked.class),
        };
        let whence = match self.prompt {
            true => Whence::Prompt,
            false => Whence::Shell {
                named: self.named.clone(),
                live,
            },
        };
        let printing = Printing {
            evidence: &evidence,
            found: &found,
            whence: &whence,
            form: asked.form,
        };
        pipe::through(&asked.filters, io.out, |out| triage::write(&printing, out))?;
        Ok(!found.is_empty())
    }
}
