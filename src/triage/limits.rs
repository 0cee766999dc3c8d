//! Thresholds of rules: each is declared beside its rule, and the option `thresholds` sets it by its name.

use super::RULES;
use super::say::Say;
use crate::error::{Error, Result};
use crate::go::fmt::parse_float;
use crate::packed::Packed;

/// A threshold.
#[derive(Debug)]
pub(crate) struct Limit {
    /// What the option calls it, as `leak_count`.
    pub(crate) name: &'static str,
    pub(crate) default: f64,
    /// What it is, with its unit.
    pub(crate) help: Packed,
}

/// The thresholds that somebody set.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Thresholds(Vec<(&'static str, f64)>);

impl Thresholds {
    /// Reads `leak_count=100,hot_share=40`.
    ///
    /// # Errors
    /// No rule has a threshold of that name, or the value is no number: those there are.
    pub(crate) fn parse(text: &str) -> Result<Thresholds> {
        let mut set = Vec::new();
        for word in text.replace(' ', ",").split(',') {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let value = parse_float(value.as_bytes()).unwrap_or(-1.0);
            match named(name) {
                Some(limit) if value >= 0.0 => set.push((limit.name, value)),
                None if word.is_empty() => {}
                _ => return Err(unknown(word)),
            }
        }
        Ok(Thresholds(set))
    }

    /// What holds.
    pub(crate) fn of(&self, limit: &Limit) -> f64 {
        let set = self.0.iter().rev().find(|(name, _)| *name == limit.name);
        set.map_or(limit.default, |(_, value)| *value)
    }

    /// The same for what is given in MB, in bytes.
    pub(crate) fn megabytes(&self, limit: &Limit) -> i64 {
        (self.of(limit) * 1_048_576.0) as i64
    }

    /// The same for what is counted.
    pub(crate) fn count(&self, limit: &Limit) -> i64 {
        self.of(limit) as i64
    }
}

fn named(name: &str) -> Option<&'static Limit> {
    for rule in RULES {
        if let Some(limit) = rule.limits.iter().find(|limit| limit.name == name) {
            return Some(limit);
        }
    }
    None
}

fn unknown(word: &str) -> Error {
    let mut text = String::from("thresholds knows no ");
    text.quote(word.as_bytes()).say(": there are");
    let mut before = " ";
    for rule in RULES {
        for limit in rule.limits {
            text.say(before).say(limit.name).say("=");
            text.say(&limit.default.to_string());
            before = ",";
        }
    }
    Error::usage(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::leak;

    #[test]
    fn what_is_set_counts_and_the_last_word_wins() {
        let limit = leak::RULE.limits[0];
        let text = format!("{name}=7, {name}=9", name = limit.name);
        assert_eq!(Thresholds::parse(&text).unwrap().of(limit), 9.0);
        assert_eq!(Thresholds::default().of(limit), limit.default);
    }

    #[test]
    fn what_is_no_threshold_is_answered_with_those_there_are() {
        for text in ["nothing=1", "leak_count", "leak_count=x", "leak_count=-1"] {
            let error = Thresholds::parse(text).unwrap_err().to_string();
            assert!(error.contains("leak_count=1000"), "{error}");
        }
    }

    #[test]
    fn no_two_thresholds_are_called_alike() {
        let names: Vec<&str> = RULES
            .iter()
            .flat_map(|rule| rule.limits)
            .map(|limit| limit.name)
            .collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{name}");
        }
    }
}
