//! The filters behind `|`: grep, head, tail and wc, built in because no other program is ever started.
//!
//! They see whole lines of plain bytes, whatever roles the report gave them; each line keeps its roles,
//! so that what leaves the last filter is as trusted and as coloured as it came. A newline inside a
//! name is part of its line: a symbol cannot forge one.

use crate::error::{Error, Result};

/// One filter as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Lines that match, or do not.
    Grep {
        /// RE2 syntax; several words are one pattern with blanks.
        pattern: String,
        /// `-v`: those that do not match.
        invert: bool,
        /// `-i`: capitals or not.
        fold: bool,
    },
    /// The first lines.
    Head(usize),
    /// The last lines.
    Tail(usize),
    /// How many lines, words and bytes.
    Count {
        /// `-l`: lines alone.
        lines_only: bool,
    },
}

/// How many lines `head` and `tail` show by themselves.
const LINES: usize = 10;

impl Filter {
    /// Reads words that begin with `|`, or none at all.
    pub(crate) fn parse(words: &[&str]) -> Result<Vec<Filter>> {
        let mut filters = Vec::new();
        for words in words.split(|word| *word == "|").skip(1) {
            let (name, words) = words
                .split_first()
                .ok_or_else(|| usage("unexpected end of line after |: name a filter"))?;
            filters.push(match *name {
                "grep" => grep(words)?,
                "head" => Filter::Head(lines(name, words)?),
                "tail" => Filter::Tail(lines(name, words)?),
                "wc" => count(words)?,
                _ => return Err(usage(&unknown(name))),
            });
        }
        Ok(filters)
    }
}

fn unknown(name: &str) -> String {
    format!("unknown filter {name}: there are grep, head, tail and wc")
}

fn grep(mut words: &[&str]) -> Result<Filter> {
    let (mut invert, mut fold) = (false, false);
    while let Some((flags, rest)) = words.split_first() {
        let letters = match flags.strip_prefix('-') {
            Some(letters) if !letters.is_empty() => letters,
            _ => break, // the pattern
        };
        words = rest;
        if letters == "-" {
            break;
        }
        for letter in letters.chars() {
            match letter {
                'v' => invert = true,
                'i' => fold = true,
                _ => {
                    return Err(usage(&format!(
                        "grep has no flag -{letter}: only -v and -i"
                    )));
                }
            }
        }
    }
    if words.is_empty() {
        return Err(usage("grep needs a pattern, e.g. | grep chan"));
    }
    Ok(Filter::Grep {
        pattern: words.join(" "),
        invert,
        fold,
    })
}

/// `N`, `-N`, `-n N`, `-nN` or nothing.
fn lines(name: &str, words: &[&str]) -> Result<usize> {
    let number = match words {
        [] => return Ok(LINES),
        ["-n", number] => number,
        [word] => word
            .strip_prefix("-n")
            .or(word.strip_prefix('-'))
            .unwrap_or(word),
        _ => "", // more than one number
    };
    let asked = || usage(&format!("{name} takes a number of lines, e.g. | {name} 20"));
    match number.bytes().all(|byte| byte.is_ascii_digit()) {
        true => number.parse().map_err(|_| asked()),
        false => Err(asked()),
    }
}

fn count(words: &[&str]) -> Result<Filter> {
    match words {
        [] => Ok(Filter::Count { lines_only: false }),
        ["-l"] => Ok(Filter::Count { lines_only: true }),
        _ => Err(usage("wc takes -l or nothing")),
    }
}

fn usage(text: &str) -> Error {
    Error::Usage(text.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Vec<Filter> {
        Filter::parse(&text.split(' ').collect::<Vec<_>>()).expect(text)
    }

    #[test]
    fn grep_takes_flags_and_one_pattern() {
        let grep = |pattern: &str, invert, fold| Filter::Grep {
            pattern: pattern.to_string(),
            invert,
            fold,
        };
        assert_eq!(parse("| grep a|b"), [grep("a|b", false, false)]);
        assert_eq!(parse("| grep -v -i x"), [grep("x", true, true)]);
        assert_eq!(
            parse("| grep -iv chan send"),
            [grep("chan send", true, true)]
        );
        assert_eq!(parse("| grep -- -x"), [grep("-x", false, false)]);
        assert_eq!(parse("| grep -"), [grep("-", false, false)]);
    }

    #[test]
    fn head_and_tail_take_the_usual_forms() {
        assert_eq!(parse("| head"), [Filter::Head(10)]);
        for text in ["| head 3", "| head -3", "| head -n 3", "| head -n3"] {
            assert_eq!(parse(text), [Filter::Head(3)], "{text}");
        }
        assert_eq!(
            parse("| head 0 | tail 2"),
            [Filter::Head(0), Filter::Tail(2)]
        );
    }

    #[test]
    fn wc_counts_all_or_lines() {
        assert_eq!(parse("| wc -l"), [Filter::Count { lines_only: true }]);
        assert_eq!(parse("| wc"), [Filter::Count { lines_only: false }]);
    }

    #[test]
    fn what_cannot_be_understood_is_said() {
        for text in [
            "|",
            "| head |",
            "| sort",
            "| grep",
            "| grep -v",
            "| grep -x a",
            "| head x",
            "| head 1 2",
            "| tail -n +2",
            "| wc -w",
            "| head --3",
        ] {
            assert!(
                Filter::parse(&text.split(' ').collect::<Vec<_>>()).is_err(),
                "{text}"
            );
        }
    }
}
