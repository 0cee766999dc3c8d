//! The name that was probably meant: for commands, options and flags that do not exist.

use super::commands::COMMANDS;
use super::options::OPTIONS;

/// The closest of `names` to `word`, where one is close enough to be a slip of the finger.
pub(crate) fn nearest<'n>(word: &str, names: &mut dyn Iterator<Item = &'n str>) -> Option<&'n str> {
    if word.chars().count() < 2 {
        return None;
    }
    let lower = word.to_lowercase();
    let limit = (lower.chars().count() / 3).clamp(1, 2);
    names
        .filter(|name| name.len() > 1)
        .map(|name| (distance(&lower, name), name))
        .filter(|(distance, name)| *distance <= limit || begins(&lower, name))
        .min_by_key(|(distance, name)| (!begins(&lower, name), *distance, *name))
        .map(|(_, name)| name)
}

/// Every word that can open a line: commands, options and the words of choices.
pub(crate) fn words() -> impl Iterator<Item = &'static str> {
    let commands = COMMANDS.iter().flat_map(|command| command.names).copied();
    commands.chain(settable())
}

/// Every word that can be assigned: options and the words of choices.
pub(crate) fn settable() -> impl Iterator<Item = &'static str> {
    OPTIONS.iter().flat_map(|option| {
        let words = option.choices().iter().map(|choice| choice.word);
        std::iter::once(option.name).chain(words)
    })
}

fn begins(word: &str, name: &str) -> bool {
    word.len() >= 3 && name.starts_with(word)
}

/// How many letters to add, drop, change or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_recognised() {
        for (typed, meant) in [
            ("Top", "top"),
            ("tpo", "top"),
            ("toop", "top"),
            ("lsit", "list"),
            ("trace", "traces"),
            ("hepl", "help"),
            ("nodecout", "nodecount"),
            ("granul", "granularity"),
        ] {
            assert_eq!(nearest(typed, &mut words()), Some(meant), "{typed}");
        }
    }

    #[test]
    fn strange_words_suggest_nothing() {
        for typed in [
            "",
            "xyzzy",
            "select",
            "a much longer word than any name",
            "日本",
        ] {
            assert_eq!(nearest(typed, &mut words()), None, "{typed}");
        }
    }
}
