//! The words behind `triage`, `leaks`, `locks`, `hot` and `memory`, at the prompt and as flags.
//!
//! pprof answers each of them with `unrecognized command`.

use super::flags::Flags;
use super::live::seconds;
use super::options::Settings;
use super::pipe::Filter;
use super::resolve::pattern;
use crate::error::{Error, Result};
use crate::go::regexp::Regexp;
use crate::triage::{Class, Form, Thresholds};

/// How long a live process is looked at, in seconds.
const BUDGET: u64 = 15;

/// What is to be looked for, and how it is told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Triaging {
    /// One class of findings, or all.
    pub(crate) class: Option<Class>,
    pub(crate) form: Form,
    /// Seconds that a live process is looked at.
    pub(crate) budget: u64,
    /// Look again after so many seconds, and tell what grew each time.
    pub(crate) watch: Option<u64>,
    pub(crate) filters: Vec<Filter>,
}

/// What decides it besides the words: the options.
pub(crate) struct Deciding {
    pub(crate) thresholds: Thresholds,
    pub(crate) own_code: Option<Regexp>,
}

/// Reads the options.
pub(crate) fn deciding(settings: &Settings) -> Result<Deciding> {
    Ok(Deciding {
        thresholds: Thresholds::parse(&settings.thresholds)?,
        own_code: pattern("own_code", &settings.own_code)?,
    })
}

/// Reads the words of a line of the prompt.
pub(super) fn read(
    class: Option<Class>,
    words: &[&str],
    filters: Vec<Filter>,
    settings: &Settings,
) -> Result<Triaging> {
    let mut asked = Triaging {
        class,
        form: if settings.json {
            Form::Json
        } else {
            Form::Short
        },
        budget: BUDGET,
        watch: None,
        filters,
    };
    for word in words {
        match *word {
            "-v" => asked.form = Form::Full,
            "-md" => asked.form = Form::Markdown,
            "-json" => asked.form = Form::Json,
            word => asked.budget = seconds(word)?,
        }
    }
    Ok(asked)
}

/// Reads the flags.
pub(super) fn of_flags(
    class: Option<Class>,
    flags: &Flags,
    settings: &Settings,
) -> Result<Triaging> {
    let given = |text: &str| (!text.is_empty()).then(|| seconds(text)).transpose();
    let form = match (settings.json, flags.markdown, flags.verbose) {
        (true, false, _) => Form::Json,
        (false, true, _) => Form::Markdown,
        (false, false, true) => Form::Full,
        (false, false, false) => Form::Short,
        (true, true, _) => {
            let text = "-json and -md are two forms of one answer: leave one of them out";
            return Err(Error::usage(text));
        }
    };
    if !flags.watch.is_empty() && class != Some(Class::Leaks) {
        let text = "-watch goes with -leaks: podprof -leaks -watch=60s -n=3 :6060";
        return Err(Error::usage(text));
    }
    Ok(Triaging {
        class,
        form,
        budget: given(&flags.budget)?.unwrap_or(BUDGET),
        watch: given(&flags.watch)?,
        filters: Vec::new(),
    })
}
