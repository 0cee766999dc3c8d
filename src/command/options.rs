//! The options: every variable of the prompt is one row here, and everything that names options reads these rows.
//!
//! Flags (`-name=value`), assignments (`name=value`), the `o` listing, help, completion and `did you
//! mean` all go through [`OPTIONS`] and [`Slot`]. The words of a choice (`lines`, `cum`) are names of
//! their own, at the prompt and as flags. Names, types and defaults are those of pprof-behaviour 1.6;
//! the help texts are ours: first line what it does, then how, last an example.

use crate::go::fmt::{atoi, float_v, parse_bool, parse_float, quote};
use crate::packed::{Packed, packed};

/// Declares `Settings`, its defaults and `OPTIONS` from one row an option.
macro_rules! options {
    ($($owner:ident $name:ident: $kind:ident $(($($word:literal: $about:literal),+))? = $default:expr, $help:literal;)*) => {
        /// The value of every option; a field has the name of its option.
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) struct Settings {
            $(pub(crate) $name: options!(@type $kind),)*
        }

        impl Default for Settings {
            fn default() -> Self {
                Settings { $($name: $default.into(),)* }
            }
        }

        /// All options: grouped by what they are about, sort before granularity as pprof checks them.
        pub(crate) static OPTIONS: &[OptionSpec] = &[$(OptionSpec {
            name: stringify!($name),
            owner: Owner::$owner,
            help: packed!($help),
            slot: |settings| Slot::$kind(
                &mut settings.$name $(, &[$(Choice { word: $word, help: packed!($about) }),+])?
            ),
        },)*];
    };
    (@type Bool) => { bool };
    (@type Int) => { i64 };
    (@type Float) => { f64 };
    (@type Text) => { String };
    (@type Choice) => { &'static str };
}

/// One option.
pub(crate) struct OptionSpec {
    /// As it is typed.
    pub(crate) name: &'static str,
    /// Whether pprof has it too.
    pub(crate) owner: Owner,
    /// What it does in one line, then how, then an example.
    pub(crate) help: Packed,
    slot: fn(&mut Settings) -> Slot<'_>,
}

/// Who knows an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// pprof and podprof.
    Pprof,
    /// podprof alone.
    Podprof,
}

/// The place of an option's value, by type.
pub(crate) enum Slot<'a> {
    /// On or off.
    Bool(&'a mut bool),
    /// A whole number.
    Int(&'a mut i64),
    /// A number.
    Float(&'a mut f64),
    /// Any text.
    Text(&'a mut String),
    /// One of a few words; empty where none was chosen.
    Choice(&'a mut &'static str, &'static [Choice]),
}

/// A word that an option of few values takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// As it is typed.
    pub(crate) word: &'static str,
    /// What it selects.
    pub(crate) help: Packed,
}

/// What a name stands for.
#[derive(Clone, Copy)]
pub(crate) enum Named {
    /// An option.
    Option(&'static OptionSpec),
    /// A word of an option of few values.
    Choice(&'static OptionSpec, &'static Choice),
}

impl OptionSpec {
    /// The place of this option's value.
    pub(crate) fn slot<'s>(&self, settings: &'s mut Settings) -> Slot<'s> {
        (self.slot)(settings)
    }

    /// The value as Go prints it: `true`, `-1`, `0.005`, `main.*`.
    pub(crate) fn text(&self, settings: &Settings) -> String {
        match self.slot(&mut settings.clone()) {
            Slot::Bool(value) => value.to_string(),
            Slot::Int(value) => value.to_string(),
            Slot::Float(value) => float_v(*value),
            Slot::Text(value) => value.clone(),
            Slot::Choice(value, _) => (*value).to_string(),
        }
    }

    /// Whether the option is on or off.
    pub(crate) fn is_bool(&self) -> bool {
        matches!(self.slot(&mut Settings::default()), Slot::Bool(_))
    }

    /// The words it takes; none where any value will do.
    pub(crate) fn choices(&self) -> &'static [Choice] {
        match self.slot(&mut Settings::default()) {
            Slot::Choice(_, choices) => choices,
            _ => &[], // no other type has choices
        }
    }

    /// Stores `value` as an assignment at the prompt does; the error is pprof's text (pprof-behaviour 7.3).
    pub(crate) fn set(&self, settings: &mut Settings, value: &str) -> Result<(), String> {
        match self.slot(settings) {
            Slot::Bool(slot) => *slot = lenient_bool(value)?,
            Slot::Int(slot) => *slot = atoi(value.as_bytes())?,
            Slot::Float(slot) => *slot = parse_float(value.as_bytes())?,
            Slot::Text(slot) => *slot = value.to_string(),
            Slot::Choice(slot, choices) => {
                let choice = choices.iter().find(|choice| choice.word == value);
                let invalid = || format!("invalid {} value {}", quoted(self.name), quoted(value));
                *slot = choice.ok_or_else(invalid)?.word;
            }
        }
        Ok(())
    }
}

/// The option or the word of a choice that has this name.
pub(crate) fn find(name: &str) -> Option<Named> {
    if let Some(option) = OPTIONS.iter().find(|option| option.name == name) {
        return Some(Named::Option(option));
    }
    OPTIONS.iter().find_map(|option| {
        let choice = option.choices().iter().find(|choice| choice.word == name)?;
        Some(Named::Choice(option, choice))
    })
}

/// `name=value` as the prompt understands it; a word of a choice takes only a plain true.
pub(crate) fn assign(settings: &mut Settings, name: &str, value: &str) -> Result<(), String> {
    let unknown = || format!("unknown config field {}", quoted(name));
    match find(name).ok_or_else(unknown)? {
        Named::Option(option) => option.set(settings, value),
        Named::Choice(option, choice) if parse_bool(value.as_bytes()) == Ok(true) => {
            option.set(settings, choice.word)
        }
        Named::Choice(option, choice) => Err(format!(
            "{}: type {name} alone, or {}={}",
            unknown(),
            option.name,
            choice.word
        )),
    }
}

/// `%q` of a text.
pub(crate) fn quoted(text: &str) -> String {
    quote(text.as_bytes())
}

/// The prompt takes more words for on and off than the command line does.
fn lenient_bool(value: &str) -> Result<bool, String> {
    match value.to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "" => Ok(true),
        "false" | "f" | "no" | "n" | "0" => Ok(false),
        _ => Err(format!("illegal value \"{value}\" for bool variable")),
    }
}

options! {
    // Which samples count.
    Pprof focus: Text = "",
        "Keep only samples whose stack touches a match\n\
         A regular expression, tried on names of functions, files and binaries.\n\
         Percentages stay relative to the whole profile (see relative_percentages).\n\
         Example: focus=mycompany/api";
    Pprof ignore: Text = "",
        "Leave out samples whose stack touches a match\n\
         The opposite of focus, and stronger where both match.\n\
         Example: ignore=runtime\\.gcBgMarkWorker";
    Pprof tagfocus: Text = "",
        "Keep only samples that carry a matching label\n\
         A regular expression over key:value, key=regexp for one label, or a range.\n\
         Example: tagfocus=endpoint=/checkout or tagfocus=bytes=64kb:1mb";
    Pprof tagignore: Text = "",
        "Leave out samples that carry a matching label\n\
         Written like tagfocus.\n\
         Example: tagignore=worker=idle";
    Pprof sample_index: Text = "",
        "Which of the profile's values to show, by name or number\n\
         Heap profiles count in four ways, mutex profiles in two; a bare name is enough.\n\
         Example: sample_index=alloc_space";

    // Which frames are seen.
    Pprof hide: Text = "",
        "Remove matching frames; their cost goes to their callers\n\
         A regular expression, tried on names of functions, files and binaries.\n\
         Example: hide=^runtime\\.";
    Pprof show: Text = "",
        "Keep only matching frames in every stack\n\
         The opposite of hide; samples without a match disappear.\n\
         Example: show=mycompany";
    Pprof show_from: Text = "",
        "Cut off the callers above the outermost match\n\
         What matters begins at this function; samples without a match disappear.\n\
         Example: show_from=http.HandlerFunc.ServeHTTP";
    Pprof prune_from: Text = "",
        "Cut off everything below the innermost match\n\
         The match itself stays and takes the cost of what it called.\n\
         Example: prune_from=encoding/json";
    Pprof noinlines: Bool = false,
        "Count inlined functions as part of their callers\n\
         Example: noinlines=true";
    Pprof tagroot: Text = "",
        "Put label values above every stack, as if its callers\n\
         A comma list of label keys, the root first. Splits a profile by tenant, say.\n\
         Example: tagroot=endpoint";
    Pprof tagleaf: Text = "",
        "Put label values below every stack, as if called last\n\
         A comma list of label keys; the last becomes the leaf.\n\
         Example: tagleaf=bytes";
    Pprof tagshow: Text = "",
        "Show only labels whose key matches\n\
         Example: tagshow=endpoint";
    Pprof taghide: Text = "",
        "Hide labels whose key matches\n\
         Example: taghide=request_id";

    // How frames become rows.
    Pprof sort: Choice(
        "cum": "Order rows by their own cost and that of all they call\nExample: cum, or top -cum for once",
        "flat": "Order rows by their own cost (the default)\nExample: flat"
    ) = "flat",
        "The order of the rows\n\
         Example: sort=cum, or just cum";
    Pprof granularity: Choice(
        "functions": "One row a function (the default)\nExample: functions, or -functions on the command line",
        "filefunctions": "One row a function and file\nExample: filefunctions",
        "files": "One row a source file\nExample: files",
        "lines": "One row a source line\nThe line within a function that costs.\nExample: lines",
        "addresses": "One row an instruction address\nExample: addresses"
    ) = "",
        "What a row stands for: a function, a file, a line, an address\n\
         Example: granularity=lines, or just lines";
    Pprof nodecount: Int = -1,
        "Show at most this many rows\n\
         -1 leaves it to the command: 10 for top at the prompt, 80 for tree; 0 shows all.\n\
         Example: nodecount=30, or top 30 for once";
    Pprof nodefraction: Float = 0.005,
        "Drop rows below this share of the total\n\
         Example: nodefraction=0 keeps even the smallest";
    Pprof edgefraction: Float = 0.001,
        "Drop calls below this share of the total\n\
         Example: edgefraction=0 keeps every call";
    Pprof trim: Bool = true,
        "Leave out small rows (see nodecount and nodefraction)\n\
         Example: trim=false shows everything";
    Pprof drop_negative: Bool = false,
        "Leave out rows that went down in a comparison\n\
         Example: drop_negative=true";
    Pprof call_tree: Bool = false,
        "Keep functions reached on different paths apart in graphs\n\
         Example: call_tree=true";
    Pprof showcolumns: Bool = false,
        "Add the column to line numbers, where the profile has it\n\
         Example: showcolumns=true, with lines";

    // How numbers are written.
    Pprof unit: Text = "minimum",
        "The unit of the values\n\
         minimum: one for the report; auto: one a value; or ms, s, kb, mb, gb.\n\
         Example: unit=mb";
    Pprof divide_by: Float = 1.0,
        "Divide all values by this number\n\
         Percentages do not change. Useful for a cost per request or per core.\n\
         Example: divide_by=16";
    Pprof mean: Bool = false,
        "Show averages: each value divided by the first (the count)\n\
         Bytes per allocation, delay per contention.\n\
         Example: mean=true";
    Pprof relative_percentages: Bool = false,
        "Count percentages from what focus and ignore leave over\n\
         Off, they are relative to the whole profile, so that reports can be compared.\n\
         Example: relative_percentages=true";
    Pprof normalize: Bool = false,
        "Scale the profile to the size of what it is compared with\n\
         Example: podprof -normalize -base old.pb.gz new.pb.gz";
    Pprof compact_labels: Bool = false,
        "Leave out the lines on file, type and time above a report\n\
         Always on when the prompt starts.\n\
         Example: compact_labels=false";

    // Where source code and reports are.
    Pprof source_path: Text = "",
        "Where to look for source: directories, colon-separated\n\
         Example: source_path=/src/app:/usr/local/go/src";
    Pprof trim_path: Text = "",
        "Prefixes to cut from file names, colon-separated\n\
         Example: trim_path=/build/workspace";
    Pprof intel_syntax: Bool = false,
        "Write assembly in Intel syntax\n\
         Has no effect on the reports podprof makes.\n\
         Example: intel_syntax=true";
    Pprof output: Text = "",
        "Write every report to this file instead of the screen\n\
         Empty means the screen; > FILE at the end of a line does it for one report.\n\
         Example: output=/tmp/report.txt";

    // Whose code it is.
    Podprof own: Bool = false,
        "Keep only the service's own frames in every stack\n\
         Hides Go's library and dependencies; samples that have nothing else disappear.\n\
         Example: own=true, or podprof -own -top cpu.pb.gz";
    Podprof own_code: Text = "",
        "Which code is the service's own, by name or file\n\
         A regular expression. Empty: all but GOROOT, @version and /vendor/.\n\
         Example: own_code=github.com/mycompany/";

    Podprof thresholds: Text = "",
        "From where on triage calls something wrong\n\
         NAME=VALUE, several with commas; explain RULE lists its own with their defaults.\n\
         Example: thresholds=leak_growth=20";

    // How podprof writes it.
    Podprof json: Bool = false,
        "Write top, tree, peek, list, tags, traces, gs as JSON\n\
         For programs: stable names, whole numbers in the profile's own unit.\n\
         Example: podprof -json -top cpu.pb.gz";
    Podprof pager: Bool = true,
        "Stop at each screenful of a long report\n\
         Space goes on, enter shows one more line, q leaves the report, /text searches.\n\
         Example: pager=false";
    Podprof wide: Bool = false,
        "Show names wider than the screen in full\n\
         Off, a long name loses its middle on a terminal; pipes and files get all.\n\
         Example: wide=true";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_stands_for_one_thing() {
        let mut seen = HashSet::new();
        for option in OPTIONS {
            assert!(seen.insert(option.name), "{} twice", option.name);
            for choice in option.choices() {
                assert!(seen.insert(choice.word), "{} twice", choice.word);
            }
        }
        assert_eq!(seen.len(), OPTIONS.len() + 7);
    }

    #[test]
    fn every_default_round_trips_through_its_text() {
        for option in OPTIONS {
            let mut settings = Settings::default();
            let text = option.text(&settings);
            if option.choices().is_empty() || !text.is_empty() {
                option.set(&mut settings, &text).unwrap();
            }
            assert_eq!(settings, Settings::default(), "{}", option.name);
        }
    }

    #[test]
    fn a_changed_value_lands_in_its_own_field_only() {
        for option in OPTIONS {
            let value = match option.slot(&mut Settings::default()) {
                Slot::Bool(value) => (!*value).to_string(),
                Slot::Int(_) | Slot::Float(_) => "77".to_string(),
                Slot::Text(_) => "seventy".to_string(),
                Slot::Choice(value, choices) => choices
                    .iter()
                    .find(|choice| choice.word != *value)
                    .unwrap()
                    .word
                    .to_string(),
            };
            let mut settings = Settings::default();
            option.set(&mut settings, &value).unwrap();
            assert_eq!(option.text(&settings), value);
            let changed: Vec<_> = OPTIONS
                .iter()
                .filter(|other| other.text(&settings) != other.text(&Settings::default()))
                .map(|other| other.name)
                .collect();
            assert_eq!(changed, [option.name]);
        }
    }

    #[test]
    fn every_help_says_what_and_gives_an_example() {
        for option in OPTIONS {
            let help = option.help.text();
            let first = help.lines().next().unwrap();
            assert!(first.len() <= 88 && !first.ends_with('.'), "{first}");
            assert!(
                option.help.text().contains("\nExample: "),
                "{}",
                option.name
            );
            for choice in option.choices() {
                assert!(
                    choice.help.text().contains("\nExample: "),
                    "{}",
                    choice.word
                );
            }
        }
    }

    #[test]
    fn the_defaults_are_those_of_pprof() {
        let settings = Settings::default();
        assert_eq!(settings.nodecount, -1);
        assert_eq!(settings.nodefraction, 0.005);
        assert_eq!(settings.edgefraction, 0.001);
        assert_eq!(settings.divide_by, 1.0);
        assert_eq!(settings.unit, "minimum");
        assert_eq!(settings.sort, "flat");
        assert_eq!(settings.granularity, "");
        assert!(settings.trim && !settings.compact_labels);
    }

    #[test]
    fn bad_values_are_refused_in_the_words_of_pprof() {
        let mut settings = Settings::default();
        let mut error = |name, value| assign(&mut settings, name, value).unwrap_err();
        assert_eq!(
            error("trim", "maybe"),
            "illegal value \"maybe\" for bool variable"
        );
        assert_eq!(
            error("nodecount", "1.5"),
            "strconv.Atoi: parsing \"1.5\": invalid syntax"
        );
        assert_eq!(
            error("nodefraction", "abc"),
            "strconv.ParseFloat: parsing \"abc\": invalid syntax"
        );
        assert_eq!(
            error("granularity", "bogus"),
            "invalid \"granularity\" value \"bogus\""
        );
        assert!(error("lines", "yes").starts_with("unknown config field \"lines\""));
        assert_eq!(error("nope", "1"), "unknown config field \"nope\"");
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn a_word_of_a_choice_selects_itself_when_true() {
        let mut settings = Settings::default();
        assign(&mut settings, "lines", "1").unwrap();
        assign(&mut settings, "cum", "True").unwrap();
        assert_eq!((settings.granularity, settings.sort), ("lines", "cum"));
    }

    #[test]
    fn an_on_or_off_option_takes_many_words() {
        let mut settings = Settings::default();
        for (word, value) in [("YES", true), ("n", false), ("", true), ("0", false)] {
            assign(&mut settings, "mean", word).unwrap();
            assert_eq!(settings.mean, value, "{word}");
        }
    }
}
