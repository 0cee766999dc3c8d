//! What the prompt does about the open profiles: `open`, `profiles`, `use`, `base`, `close`, `save`.
//!
//! Options stay as they are, whatever is shown. Only the sample type goes by the profile: the one that was
//! wished for where the profile has it, else the default, which is said once.

use std::io;
use std::time::SystemTime;

use super::gather::FORMS_DIFFER;
use super::open::{Arrival, write_whole};
use super::shelf::{Part, Shelf};
use super::target::ReportFile;
use super::{Session, Streams, say};
use crate::command::shelf::Shelving;
use crate::command::{help, pipe, resolve};
use crate::error::Result;
use crate::measure;
use crate::model::Form;
use crate::report::sink::{Role, Sink, put};

/// The sample type that was asked for last, which not every profile has.
#[derive(Default)]
pub(super) struct Wish {
    kind: String,
    /// Whether it was said that a profile lacks it.
    told: bool,
}

impl Session {
    /// Does something about which profiles are open, and says what is shown then.
    pub(super) fn shelve(&mut self, shelving: &Shelving, io: &mut Streams<'_>) -> Result<()> {
        self.remember_type();
        match shelving {
            Shelving::List(filters) => {
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                let now = now.map_or(0, |now| i64::try_from(now.as_nanos()).unwrap_or(i64::MAX));
                let (shelf, kind) = (&self.shelf, &self.wish.kind);
                pipe::through(filters, io.err, |out| list(shelf, (kind, now), out))?;
                return Ok(io.err.flush()?);
            }
            _ if self.shelf.is_empty() && !matches!(shelving, Shelving::Open { .. }) => {
                return Err(self.live.nothing_open());
            }
            Shelving::Save { file, name } => return self.save(file, name.as_deref(), io.err),
            Shelving::Open { source, name } => {
                if let Some(name) = name {
                    self.shelf.check_free(name)?;
                }
                let mut arrival = self.opener.another(source, io.err)?;
                if let Some(name) = name {
                    arrival.wish.clone_from(name);
                }
                self.shelf.add(arrival);
            }
            Shelving::Use(name) => self.shelf.choose(name)?,
            Shelving::Base(None) => self.shelf.stand_alone(),
            Shelving::Base(Some(name)) => {
                let compared = self.shelf.compare(name, self.settings.normalize);
                self.recall_type(io.err)?;
                compared?;
                if self.shelf.shown().profile.header.form == Form::Mixed {
                    say(io.err, FORMS_DIFFER)?;
                }
            }
            Shelving::Close(name) => {
                let shown = self.shelf.shown_names();
                self.shelf.close(name)?;
                say(io.err, format!("Closed {name}").as_bytes())?;
                if self.shelf.shown_names() == shown {
                    return Ok(());
                }
            }
        }
        self.recall_type(io.err)?;
        Ok(self.announce(io.err)?)
    }

    /// Opens a profile that came from a live process, and says what it is; the name it got.
    pub(super) fn take_in(&mut self, arrival: Arrival, io: &mut Streams<'_>) -> Result<String> {
        self.remember_type();
        self.shelf.add(arrival);
        self.recall_type(io.err)?;
        self.announce(io.err)?;
        Ok(self.shelf.shown_names().0)
    }

    /// Puts a newer profile in the place of the current one, and says what is shown.
    pub(super) fn put_in_place(&mut self, arrival: Arrival, io: &mut Streams<'_>) -> Result<()> {
        self.remember_type();
        let compared = self.shelf.replace(arrival, self.settings.normalize);
        self.recall_type(io.err)?;
        compared?;
        Ok(self.announce(io.err)?)
    }

    /// Keeps in mind which sample type was asked for of the profile that is shown.
    fn remember_type(&mut self) {
        let wanted = &self.settings.sample_index;
        if wanted.is_empty() {
            return;
        }
        let index = resolve::sample_index(&self.shelf.shown().profile, wanted);
        let kind = index.ok().and_then(|at| self.shelf.sample_types().get(at));
        if let Some(kind) = kind.filter(|kind| **kind != self.wish.kind) {
            self.wish = Wish {
                kind: kind.clone(),
                told: false,
            };
        }
    }

    /// Selects the sample type that was asked for, where what is shown has it.
    fn recall_type(&mut self, err: &mut dyn Sink) -> io::Result<()> {
        if self.wish.kind.is_empty() {
            return Ok(());
        }
        let index = resolve::sample_index(&self.shelf.shown().profile, &self.wish.kind);
        let kind = index.ok().and_then(|at| self.shelf.sample_types().get(at));
        self.settings.sample_index = kind.cloned().unwrap_or_default();
        if kind.is_some() || std::mem::replace(&mut self.wish.told, true) {
            return Ok(());
        }
        let (name, _) = self.shelf.shown_names();
        let kind = help::one_line(&self.wish.kind);
        let text = format!("{name} has no {kind}: its own default is shown");
        put(err, Role::Tag, text.as_bytes())?;
        say(err, b"\n")
    }

    /// Says what is shown.
    fn announce(&self, err: &mut dyn Sink) -> io::Result<()> {
        let Some(current) = self.shelf.current() else {
            return Ok(());
        };
        let shown = About::of(self.shelf.shown(), &self.settings.sample_index);
        let (name, total) = (&current.name, &shown.total);
        let with = self.shelf.compared_with();
        let minus = with.map_or_else(String::new, |with| format!(" minus {}", with.name));
        err.write_all(format!("Showing {name}{minus}: ").as_bytes())?;
        put(err, Role::Tag, shown.kind.as_bytes())?;
        if with.is_some() {
            return say(
                err,
                format!(", percentages of the base ({total})").as_bytes(),
            );
        }
        err.write_all(format!(", {total} total, from ").as_bytes())?;
        put(err, Role::Path, current.origin.as_bytes())?;
        say(err, b"\n")
    }

    fn save(&self, file: &str, name: Option<&str>, err: &mut dyn Sink) -> Result<()> {
        let base = match name {
            Some(name) => &self.shelf.get(name)?.base,
            None => self.shelf.shown(),
        };
        let mut out = ReportFile::new(file, &|_| ());
        write_whole(base, &mut out)?;
        out.finish()?;
        let compared = self.shelf.compared_with().filter(|_| name.is_none());
        let minus = compared.map(|with| format!(" minus {}", with.name));
        let (current, _) = self.shelf.shown_names();
        let name = name.unwrap_or(&current);
        let text = format!("Saved {name}{} in {file}", minus.unwrap_or_default());
        Ok(say(err, text.as_bytes())?)
    }
}

/// A profile in two words.
struct About {
    kind: String,
    total: String,
}

impl About {
    fn of(base: &crate::view::Base, wanted: &str) -> About {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match resolve::summary(base, wanted) {
            Ok(summary) => About {
                kind: help::one_line(&text(&summary.kind)),
                total: text(&measure::label(summary.total, &summary.unit)),
            },
            Err(_) => About {
                kind: "no samples".to_string(),
                total: "0".to_string(),
            },
        }
    }
}

/// A row for each open profile, as it would be shown with this sample type wished for.
fn list(shelf: &Shelf, (kind, now): (&str, i64), out: &mut dyn Sink) -> Result<()> {
    let mut rows = vec![["", "name", "type", "total", "age", "source"].map(String::from)];
    for (open, part) in shelf.all() {
        let about = About::of(&open.base, kind);
        let part = match part {
            Part::Current => "current",
            Part::Base => "base",
            Part::None => "",
        };
        let shown = out.shown(about.kind.as_bytes());
        rows.push([
            part.to_string(),
            open.name.clone(),
            String::from_utf8_lossy(&shown).into_owned(),
            about.total,
            age(open.base.profile.header.time_nanos, now),
            open.origin.clone(),
        ]);
    }
    let width = |column: usize| {
        let widths = rows
            .iter()
            .map(|row: &[String; 6]| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let [name, kind, total, age] = [1, 2, 3, 4].map(width);
    for row in &rows {
        let [part, called, of, sum, old, origin] = row;
        let text =
            format!("  {part:<7}  {called:<name$}  {of:<kind$}  {sum:>total$}  {old:>age$}  ");
        out.write_all(text.as_bytes())?;
        put(out, Role::Path, origin.as_bytes())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// How long ago a profile was taken: `42s`, `3m`, `2h`, `5d`; `-` where that is not known.
fn age(taken: i64, now: i64) -> String {
    match u64::try_from(now.saturating_sub(taken) / 1_000_000_000) {
        Ok(seconds) if taken != 0 && taken <= now => length(seconds),
        _ => "-".to_string(),
    }
}

/// `42s`, `3m`, `2h`, `5d`.
pub(super) fn length(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400), // two days and more
    }
}

#[cfg(test)]
mod tests {
    use super::super::open::Arrival;
    use super::*;
    use crate::model::fixture::typed;
    use crate::report::sink::Plain;
    use crate::view::Base;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn an_age_is_one_number() {
        let now = 100 * 86_400 * SECOND;
        for (seconds, expected) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_599, "59m"),
            (3_600, "1h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (99 * 86_400, "99d"),
        ] {
            assert_eq!(age(now - seconds * SECOND, now), expected, "{seconds}");
        }
        for unknown in [0, now + 1, i64::MAX] {
            assert_eq!(age(unknown, now), "-");
        }
        assert_eq!(age(i64::MIN, now), "106751d");
    }

    fn arrival(wish: &str, kind: &str, folded: &str) -> Arrival {
        let mut profile = typed(&[(kind, "bytes")], folded);
        profile.header.time_nanos = SECOND;
        Arrival {
            wish: wish.to_string(),
            origin: format!("{wish}.pb.gz"),
            base: Base::plain(profile),
            others: Vec::new(),
        }
    }

    fn listed(shelf: &Shelf) -> String {
        let mut out = Plain(Vec::new());
        list(shelf, ("", 91 * SECOND), &mut out).expect("listed");
        String::from_utf8(out.0).expect("text")
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let mut shelf = Shelf::new(Some(arrival("old", "space", "main 3000")));
        shelf.add(arrival("a.longer.name", "space", "main 1\nmain;x 2"));
        shelf.compare("old", false).expect("compared");
        let expected = [
            "           name           type    total  age  source",
            "  base     old            space  2.93kB   1m  old.pb.gz",
            "  current  a.longer.name  space      3B   1m  a.longer.name.pb.gz",
            "",
        ];
        assert_eq!(listed(&shelf), expected.join("\n"));
    }

    #[test]
    fn a_sample_type_forges_no_row() {
        let shelf = Shelf::new(Some(arrival("old", "a\n  current  forged", "main 1")));
        assert_eq!(listed(&shelf).lines().count(), 2);
    }

    #[test]
    fn a_profile_without_samples_is_listed_too() {
        let shelf = Shelf::new(Some(arrival("old", "space", "")));
        assert!(
            listed(&shelf).contains("  space      0   1m"),
            "{}",
            listed(&shelf)
        );
    }
}
