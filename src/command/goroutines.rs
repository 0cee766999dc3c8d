//! The words behind `goroutines`, which are its own: `goroutines 20 sarama -select -sort=wait`.
//!
//! They come before pprof's grammar, where `-select` would drop stacks by the names of functions alone;
//! here patterns are tried on states too. The report is not made again for the words: they choose among
//! groups that are the same whatever is asked.

use crate::error::{Error, Result};
use crate::go::regexp::Regexp;
use crate::report::goroutines::{Asked, By};

/// The words with a dash that are no patterns.
pub(super) const WORDS: &[&str] = &[
    "-all",
    "-by=creator",
    "-by=label:",
    "-by=own",
    "-by=state",
    "-sort=count",
    "-sort=wait",
    "-v",
];

/// Reads the words; `nodecount` is the number of groups where they name none.
pub(super) fn asked(words: &str, nodecount: i64) -> Result<Asked> {
    let mut asked = Asked {
        limit: usize::try_from(nodecount).ok(),
        ..Asked::default()
    };
    let (mut keep, mut drop) = (Vec::new(), Vec::new());
    let mut words = words.split_whitespace();
    while let Some(word) = words.next() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("-all", "") => asked.all = true,
            ("-sort", order) => asked.by_wait = by_wait(order)?,
            ("-by", value) => asked.by = Some(by(value)?),
            ("-v", "") => asked.full = Some(number(words.next().unwrap_or_default())?),
            ("-v", group) => asked.full = Some(number(group)?),
            _ if word.bytes().all(|byte| byte.is_ascii_digit()) => {
                asked.limit = Some(number(word)?);
            }
            _ => match word.strip_prefix('-') {
                Some(pattern) => drop.push(pattern),
                None => keep.push(word),
            },
        }
    }
    asked.keep = pattern(&keep)?;
    asked.drop = pattern(&drop)?;
    Ok(asked)
}

fn by_wait(order: &str) -> Result<bool> {
    match order {
        "count" => Ok(false),
        "wait" => Ok(true),
        _ => Err(usage("-sort=count (the default) or -sort=wait")),
    }
}

fn by(value: &str) -> Result<By> {
    match value {
        "state" => Ok(By::State),
        "creator" => Ok(By::Creator),
        "own" => Ok(By::Own),
        _ => match value.strip_prefix("label:").filter(|key| !key.is_empty()) {
            Some(key) => Ok(By::Label(key.to_string())),
            None => Err(usage("-by=state, -by=creator, -by=own or -by=label:KEY")),
        },
    }
}

fn number(word: &str) -> Result<usize> {
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    let number = word.parse().ok().filter(|_| digits);
    number.ok_or_else(|| usage("-v takes the number of a group, as in goroutines -v 3"))
}

fn pattern(alternatives: &[&str]) -> Result<Option<Regexp>> {
    if alternatives.is_empty() {
        return Ok(None);
    }
    let text = alternatives.join("|");
    let pattern = Regexp::new(text.as_bytes());
    pattern
        .map(Some)
        .map_err(|error| Error::report(format!("goroutines: parsing regexp {text}: {error}")))
}

fn usage(what: &str) -> Error {
    Error::usage(format!("goroutines: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_order() {
        let asked = asked(
            "sarama 20 -select kafka -all -sort=wait -by=label:shard -v 3",
            10,
        )
        .unwrap();
        assert_eq!((asked.limit, asked.full), (Some(20), Some(3)));
        assert!(asked.all && asked.by_wait);
        assert_eq!(asked.by, Some(By::Label("shard".to_string())));
        let keep = asked.keep.unwrap();
        assert!(
            keep.is_match(b"x/sarama.F") && keep.is_match(b"kafka") && !keep.is_match(b"select")
        );
        assert!(asked.drop.unwrap().is_match(b"select"));
    }

    #[test]
    fn without_words_options_decide() {
        let asked = |nodecount| asked("", nodecount).unwrap().limit;
        assert_eq!([asked(10), asked(0), asked(-1)], [Some(10), Some(0), None]);
    }

    #[test]
    fn what_is_wrong_names_what_is_right() {
        let error = |words| asked(words, 10).unwrap_err().to_string();
        assert_eq!(
            error("-sort=size"),
            "goroutines: -sort=count (the default) or -sort=wait"
        );
        assert!(error("-by=label:").starts_with("goroutines: -by=state"));
        for words in ["-v", "-v x", "-v=-1", "-v 99999999999999999999"] {
            assert!(error(words).starts_with("goroutines: -v takes"), "{words}");
        }
        assert!(error("a (").starts_with("goroutines: parsing regexp a|(: "));
    }
}
