//! `explain`: what a word of the reports means, with the open profile's own numbers where it can.
//!
//! It is a report so that its numbers are those of the other reports, under the same options.

mod topics;

use super::goroutines;
use super::sink::{Role, Sink, put};
use super::{Input, top};
use crate::error::{Error, Result};
use crate::graph::{Trim, trim};
use topics::{Here, TOPICS, Topic};

/// Writes the topic that the words name, or the list of topics.
pub(super) fn write(input: &Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let words = input.options.topic.as_str();
    if let Some(doc) = &input.options.rule {
        return Ok(put(out, Role::Source, of_rule(words, doc).as_bytes())?);
    }
    let mut text = text(words)?.into_bytes();
    if let Some((topic, word)) = find(words) {
        text.extend(example(input, topic.here, word)?);
    }
    Ok(put(out, Role::Source, &text)?)
}

/// The text without a profile; the error names the words that are near.
pub(crate) fn text(words: &str) -> Result<String> {
    if matches!(words, "" | "words") {
        return Ok(list());
    }
    let (topic, word) = find(words).ok_or_else(|| unknown(words))?;
    Ok(wrapped(&format!("{word}: {}\n", topic.text.text())))
}

/// What is said of a rule of `triage`.
pub(crate) fn of_rule(name: &str, doc: &str) -> String {
    wrapped(&format!("{name}: {doc}\n"))
}

/// Text in lines of less than 80 columns, broken at blanks and where it is broken already.
fn wrapped(text: &str) -> String {
    let mut lines = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive('\n') {
        let mut width = 0;
        for word in line.split_inclusive(' ') {
            if width + word.trim_end().len() > 79 {
                lines.truncate(lines.trim_end().len());
                lines.push('\n');
                width = 0;
            }
            lines.push_str(word);
            width += word.len();
        }
    }
    lines
}

/// Every word that has a topic.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    TOPICS.iter().flat_map(|topic| topic.words).copied()
}

/// The topic, and which of its words was meant.
fn find(words: &str) -> Option<(&'static Topic, &'static str)> {
    let wanted = plain(words);
    let all = TOPICS
        .iter()
        .flat_map(|topic| topic.words.iter().map(move |word| (topic, *word)));
    let exact = all.clone().find(|(_, word)| plain(word) == wanted);
    // A whole line of a report: `Showing nodes accounting for 1.1s, 97.41% of 1.2s total`.
    exact.or_else(|| {
        let mut lines =
            all.filter(|(_, word)| word.starts_with(char::is_uppercase) && word.contains(' '));
        lines.find(|(_, word)| wanted.starts_with(&plain(word)))
    })
}

/// The words without capitals, and `n` for numbers: `Dropped 12 nodes` is a topic too.
fn plain(words: &str) -> String {
    let words = words.split_whitespace().map(|word| {
        let number = word.bytes().all(|byte| byte.is_ascii_digit());
        if number {
            "n".to_string()
        } else {
            word.to_lowercase()
        }
    });
    let words: Vec<String> = words.collect();
    words.join(" ").trim_end_matches(':').to_string()
}

fn unknown(words: &str) -> Error {
    let wanted = plain(words);
    let near = self::words().filter(|word| plain(word).contains(&wanted));
    let near: Vec<_> = near.take(6).collect();
    let hint = match near[..] {
        [] => "explain alone lists the words; help is about commands and options".to_string(),
        _ => format!("did you mean {}?", near.join(", ")),
    };
    Error::usage(format!("explain knows no {words}: {hint}"))
}

/// The first word of each topic, in lines of less than 80 columns.
fn list() -> String {
    let words: Vec<String> = TOPICS
        .iter()
        .map(|topic| topic.words[0].to_string())
        .collect();
    let title = "explain WORD tells what a word of the reports means. There are:\n   ";
    goroutines::listed(title, &words)
}

/// A line with numbers of the open profile; nothing where they would say nothing.
fn example(input: &Input<'_>, here: Here, word: &str) -> Result<Vec<u8>> {
    let text = match here {
        Here::Nothing => None,
        Here::Total => total(input, word),
        Here::State => goroutines::in_state(input, word.as_bytes())?
            .map(|count| format!("{count} goroutines are in it").into_bytes()),
        Here::Flat | Here::Sum | Here::Cum | Here::Dropped => of_rows(input, here)?,
    };
    Ok(text.map_or_else(Vec::new, |text| [b"Here: ", &text[..], b".\n"].concat()))
}

/// The total of the sample type that is shown, if it is this one.
fn total(input: &Input<'_>, kind: &str) -> Option<Vec<u8>> {
    let options = input.options;
    let shown = options.sample_type == kind.as_bytes();
    shown.then(|| [&input.value(options.total), &b" in all"[..]].concat())
}

fn of_rows(input: &Input<'_>, here: Here) -> Result<Option<Vec<u8>>> {
    let nodes = input.nodes(false)?;
    let every = Trim {
        node_count: 0,
        node_fraction: 0.0,
        edge_fraction: 0.0,
        ..input.options.trim
    };
    let trimmed = trim(&nodes, &every);
    let rows = top::rows(input, &nodes, &trimmed)?;
    let value = |value| input.value(value);
    let percent = |value| input.percent(value).trim().to_string();
    let name = |row: &top::Row| short(&row.name);
    let text = match (here, &rows[..]) {
        (_, []) => return Ok(None),
        (Here::Flat, [first, ..]) => [
            &name(first)[..],
            b" has ",
            &value(first.flat),
            b" flat, ",
            percent(first.flat).as_bytes(),
            b" of ",
            &value(input.options.total),
        ]
        .concat(),
        (Here::Sum, [first, second, ..]) => format!(
            "{} and {} make {} in the second row",
            percent(first.flat),
            percent(second.flat),
            percent(first.flat.wrapping_add(second.flat))
        )
        .into_bytes(),
        (Here::Dropped, _) => {
            let least = input.options.total.unsigned_abs() as f64 * 0.005;
            let small = rows
                .iter()
                .filter(|row| (row.cum.unsigned_abs() as f64) < least);
            format!(
                "{} of {} functions are below 0.5%",
                small.count(),
                rows.len()
            )
            .into_bytes()
        }
        (Here::Cum, rows) => {
            let below = |row: &&top::Row| row.cum.wrapping_sub(row.flat);
            let Some(row) = rows.iter().max_by_key(below) else {
                return Ok(None);
            };
            [
                &name(row)[..],
                b" has ",
                &value(row.flat),
                b" flat, ",
                &value(row.cum),
                b" cum",
            ]
            .concat()
        }
        _ => return Ok(None), // one row has no running total
    };
    Ok(Some(text))
}

/// A name that leaves room for numbers in a line of 80 columns.
fn short(name: &[u8]) -> Vec<u8> {
    let name = crate::graph::name::shorten(name);
    match name.get(..40) {
        Some(start) if name.len() > 40 => [start, b"..."].concat(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::typed;
    use crate::report::sink::Plain;
    use crate::report::{Report, test};
    use crate::view::{Base, FUNCTIONS, View};

    fn explained(types: &[(&str, &str)], stacks: &str, words: &str) -> String {
        let base = Base::plain(typed(types, stacks));
        let mut options = test::options(&base);
        options.topic = words.to_string();
        let mut view = View::new(&base);
        view.detail = FUNCTIONS;
        let mut out = Plain(Vec::new());
        let input = Input::new(&view, &options);
        crate::report::write(Report::Explain, input, &mut |_| {}, &mut out).unwrap();
        String::from_utf8(out.0).unwrap()
    }

    #[test]
    fn every_topic_is_short_and_ends_in_a_line() {
        for topic in TOPICS {
            let name = topic.words[0];
            let text = text(name).unwrap();
            let room = if topic.here == Here::Nothing { 5 } else { 4 };
            assert!(text.lines().count() <= room, "{name}");
            assert!(
                text.ends_with(".\n") || text.ends_with("?\n") || text.ends_with(")\n"),
                "{name}"
            );
            for line in text.lines() {
                assert!(line.len() < 80 && line.is_ascii(), "{name}: {line}");
            }
        }
    }

    #[test]
    fn no_word_has_two_topics() {
        let mut seen = std::collections::HashSet::new();
        for word in words() {
            assert!(seen.insert(plain(word)), "{word}");
        }
    }

    #[test]
    fn the_list_fits_the_screen_and_every_word_in_it_is_explained() {
        let list = text("").unwrap();
        assert!(list.lines().all(|line| line.len() < 80), "{list}");
        for topic in TOPICS {
            assert!(list.contains(topic.words[0]), "{}", topic.words[0]);
        }
    }

    const CPU: &[(&str, &str)] = &[("cpu", "nanoseconds")];
    const STACKS: &str = "main;work 5000\nmain;work;inner 3000\nmain;idle 2000\nmain;small 1";

    #[test]
    fn numbers_of_the_profile_follow() {
        let last = |words| {
            let text = explained(CPU, STACKS, words);
            text.lines().last().unwrap().to_string()
        };
        assert_eq!(last("flat"), "Here: work has 5us flat, 50.00% of 10us.");
        assert_eq!(
            last("sum%"),
            "Here: 50.00% and 30.00% make 79.99% in the second row."
        );
        assert_eq!(last("cum"), "Here: main has 0 flat, 10us cum.");
        assert_eq!(
            last("Dropped 3 nodes (cum <= 9ms)"),
            "Here: 1 of 5 functions are below 0.5%."
        );
        assert_eq!(last("cpu"), "Here: 10us in all.");
        assert!(!last("delay").starts_with("Here"), "it is not shown");
    }

    #[test]
    fn states_are_counted() {
        let types = &[("goroutine", "count")];
        let stacks =
            "main.f;runtime.chansend;runtime.gopark 3\nmain.g;runtime.chansend;runtime.gopark 4";
        let text = explained(types, stacks, "chan send");
        assert!(text.ends_with("Here: 7 goroutines are in it.\n"), "{text}");
        assert!(!explained(CPU, STACKS, "chan send").contains("Here"));
    }

    #[test]
    fn a_word_that_is_not_known_suggests_those_that_hold_it() {
        let error = |words| text(words).unwrap_err().to_string();
        assert_eq!(
            error("objects per"),
            "explain knows no objects per: explain alone lists the words; help is about commands and options"
        );
        assert_eq!(
            error("mutex"),
            "explain knows no mutex: did you mean sync.Mutex.Lock, sync.RWMutex.RLock, sync.RWMutex.Lock?"
        );
    }
}
