//! The rule at the end of a zone file, for times behind its last transition: `CET-1CEST,M3.5.0,M10.5.0/3`.

use super::{DAY, Date};

/// Rules of the United States, for a zone that names a daylight time but no dates.
const DEFAULT_DATES: &[u8] = b",M3.2.0,M11.1.0";

const HOUR: i64 = 3600;

/// Abbreviation and offset east of Greenwich in seconds; `None` if the rule is none.
pub(super) fn at(rule: &[u8], seconds: i64) -> Option<(Vec<u8>, i64)> {
    let mut rest = rule;
    let standard = (name(&mut rest)?, -offset(&mut rest)?);
    if rest.is_empty() || rest.starts_with(b",") {
        return Some(shown(standard));
    }
    let daylight_name = name(&mut rest)?;
    let daylight_offset = match rest.first() {
        None | Some(b',') => standard.1 + HOUR,
        Some(_) => -offset(&mut rest)?,
    };
    let daylight = (daylight_name, daylight_offset);
    if rest.is_empty() {
        rest = DEFAULT_DATES;
    }
    let (begin, end) = dates(&mut rest)?;
    let year = Date::of_day(seconds.div_euclid(DAY)).year;
    // Go takes the remainder towards zero, which is off before 1970.
    let since_new_year = (seconds.div_euclid(DAY) - Date::first_of(year, 1)) * DAY + seconds % DAY;
    let begin = begin.seconds(year) - standard.1;
    let end = end.seconds(year) - daylight.1;
    let is_daylight = if begin <= end {
        (begin..end).contains(&since_new_year)
    } else {
        // South of the equator daylight time goes over the new year.
        !(end..begin).contains(&since_new_year)
    };
    Some(shown(if is_daylight { daylight } else { standard }))
}

fn shown((name, offset): (&[u8], i64)) -> (Vec<u8>, i64) {
    (name.to_vec(), offset)
}

fn dates(rest: &mut &[u8]) -> Option<(Moment, Moment)> {
    let separator = byte(rest)?;
    if !matches!(separator, b',' | b';') {
        return None;
    }
    let begin = Moment::parse(rest)?;
    if byte(rest)? != b',' {
        return None;
    }
    let end = Moment::parse(rest)?;
    rest.is_empty().then_some((begin, end))
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    rest.split_off_first().copied()
}

/// Letters up to the number that must follow, three at least; or anything between `<` and `>`.
fn name<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let text = *rest;
    if let Some(quoted) = text.strip_prefix(b"<") {
        let end = quoted.iter().position(|&byte| byte == b'>')?;
        *rest = quoted.get(end + 1..)?;
        return quoted.get(..end);
    }
    let ends = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b',' | b'-' | b'+');
    let end = text.iter().position(ends).unwrap_or(text.len());
    let (name, after) = text.split_at_checked(end)?;
    *rest = after;
    (end >= 3).then_some(name)
}

/// `[+-]hh[:mm[:ss]]` in seconds; up to a week, as zone files use it.
fn offset(rest: &mut &[u8]) -> Option<i64> {
    let sign = match rest.first()? {
        b'-' => -1,
        _ => 1,
    };
    if matches!(rest.first(), Some(b'-' | b'+')) {
        byte(rest);
    }
    let mut seconds = number(rest, 0, 24 * 7)? * HOUR;
    for unit in [60, 1] {
        if !rest.starts_with(b":") {
            break;
        }
        byte(rest);
        seconds += number(rest, 0, 59)? * unit;
    }
    Some(sign * seconds)
}

fn number(rest: &mut &[u8], min: i64, max: i64) -> Option<i64> {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (text, after) = rest.split_at_checked(digits)?;
    *rest = after;
    let mut value: Option<i64> = None;
    for digit in text {
        value =
            Some(value.unwrap_or(0) * 10 + i64::from(digit - b'0')).filter(|value| *value <= max);
        value?;
    }
    value.filter(|value| *value >= min)
}

/// When in a year the clocks change.
struct Moment {
    day: Day,
    /// Seconds of that day, in the time that ends.
    time: i64,
}

enum Day {
    /// From 1, never counting February 29.
    Julian(i64),
    /// From 0, counting it.
    OfYear(i64),
    Weekday {
        month: i64,
        week: i64,
        day: i64,
    },
}

impl Moment {
    fn parse(rest: &mut &[u8]) -> Option<Moment> {
        let day = match rest.first()? {
            b'J' => {
                byte(rest);
                Day::Julian(number(rest, 1, 365)?)
            }
            b'M' => {
                byte(rest);
                let month = number(rest, 1, 12)?;
                let week = after_dot(rest, 1, 5)?;
                let day = after_dot(rest, 0, 6)?;
                Day::Weekday { month, week, day }
            }
            _ => Day::OfYear(number(rest, 0, 365)?),
        };
        let mut time = 2 * HOUR;
        if rest.starts_with(b"/") {
            byte(rest);
            time = offset(rest)?;
        }
        Some(Moment { day, time })
    }

    /// Since the year began, by the clocks before the change.
    fn seconds(&self, year: i64) -> i64 {
        let new_year = Date::first_of(year, 1);
        let day = match self.day {
            Day::Julian(day) => {
                let leap = Date::first_of(year, 3) - new_year == 60;
                day - 1 + i64::from(leap && day >= 60)
            }
            Day::OfYear(day) => day,
            Day::Weekday { month, week, day } => {
                let first = Date::first_of(year, month);
                let next = Date::first_of(year + month / 12, month % 12 + 1);
                // 1970-01-01 was a Thursday.
                let mut at = first + (day - first - 4).rem_euclid(7) + 7 * (week - 1);
                while at >= next {
                    at -= 7;
                }
                at - new_year
            }
        };
        day * DAY + self.time
    }
}

fn after_dot(rest: &mut &[u8], min: i64, max: i64) -> Option<i64> {
    if byte(rest)? != b'.' {
        return None;
    }
    number(rest, min, max)
}
