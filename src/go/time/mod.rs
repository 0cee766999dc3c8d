//! Points in time as Go's `time` prints them, in the zone Go takes for the local one.
//!
//! A point is nanoseconds since 1970, so the years are 1677 to 2262.

mod rule;
mod zone;

use zone::Zone;

/// The point in the layout `2006-01-02 15:04:05 MST`.
pub(crate) fn header_time(nanos: i64) -> String {
    in_zone(nanos, &zone::local()).header()
}

/// The point as `%v` prints it: `2006-01-02 15:04:05.123 +0100 CET`, the fraction without trailing zeros.
pub(crate) fn raw_time(nanos: i64) -> String {
    in_zone(nanos, &zone::local()).full()
}

/// The point in the layout `time.RFC3339`, in UTC: `2006-01-02T15:04:05Z`.
pub(crate) fn utc_time(nanos: i64) -> String {
    let clock = in_zone(nanos, &Zone::default());
    format!("{}Z", clock.date_and_time().replace(' ', "T"))
}

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// A point as the clocks of a zone show it.
struct Clock {
    date: Date,
    /// Since midnight.
    seconds: i64,
    nanos: i64,
    /// East of Greenwich, in seconds.
    offset: i64,
    name: String,
}

fn in_zone(nanos: i64, zone: &Zone) -> Clock {
    let seconds = nanos.div_euclid(SECOND);
    let (name, offset) = zone.at(seconds);
    let local = seconds + offset;
    Clock {
        date: Date::of_day(local.div_euclid(DAY)),
        seconds: local.rem_euclid(DAY),
        nanos: nanos.rem_euclid(SECOND),
        offset,
        name: String::from_utf8_lossy(&name).into_owned(),
    }
}

impl Clock {
    fn header(&self) -> String {
        format!("{} {}", self.date_and_time(), self.abbreviation())
    }

    fn full(&self) -> String {
        let fraction = format!("{:09}", self.nanos);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        let (time, offset) = (self.date_and_time(), self.numeric_offset());
        format!("{time}{point}{fraction} {offset} {}", self.abbreviation())
    }

    fn date_and_time(&self) -> String {
        let Date { year, month, day } = self.date;
        let (hour, minute, second) = (
            self.seconds / 3600,
            self.seconds / 60 % 60,
            self.seconds % 60,
        );
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }

    fn numeric_offset(&self) -> String {
        // Offsets of less than a minute have no sign left.
        let minutes = self.offset / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let minutes = minutes.abs();
        format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
    }

    fn abbreviation(&self) -> String {
        if self.name.is_empty() {
            return self.numeric_offset();
        }
        self.name.clone()
    }
}

/// A day of the Gregorian calendar, also before there was one.
#[derive(Clone, Copy)]
struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    /// The date this many days after 1970-01-01.
    fn of_day(days: i64) -> Date {
        // Counted from the first of March of a year divisible by 400, a leap day ends its year.
        let from_march = days + 719_468;
        let (era, day) = (
            from_march.div_euclid(146_097),
            from_march.rem_euclid(146_097),
        );
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let (next_year, calendar_month) = if month < 10 {
            (0, month + 3)
        } else {
            (1, month - 9)
        };
        Date {
            year: era * 400 + year + next_year,
            month: calendar_month,
            day: day - (153 * month + 2) / 5 + 1,
        }
    }

    /// Days from 1970-01-01 to the first day of a month.
    fn first_of(year: i64, month: i64) -> i64 {
        let (year, month) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
        era * 146_097 + 365 * year + year / 4 - year / 100 + (153 * month + 2) / 5 - 719_468
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::table::{number, rows};

    #[test]
    fn points_in_time_read_as_in_go() {
        let mut points = 0;
        for row in rows(include_str!("../../../tests/data/tables/time.txt")) {
            let Some(zone) = Zone::parse(&row[0]) else {
                assert_eq!(row.len(), 1, "Go reads {}", row[0].escape_ascii());
                continue;
            };
            assert!(row.len() > 1, "Go rejects {}", row[0].escape_ascii());
            for point in row[1..].chunks(3) {
                let clock = in_zone(number(&point[0]), &zone);
                let zone = row[0].escape_ascii();
                assert_eq!(clock.header(), String::from_utf8_lossy(&point[1]), "{zone}");
                assert_eq!(clock.full(), String::from_utf8_lossy(&point[2]), "{zone}");
                points += 1;
            }
        }
        assert!(points > 1000);
    }

    #[test]
    fn without_a_zone_it_is_utc() {
        let clock = in_zone(1_795_411_000_684_322_192, &Zone::default());
        assert_eq!(clock.header(), "2026-11-23 05:16:40 UTC");
        assert_eq!(clock.full(), "2026-11-23 05:16:40.684322192 +0000 UTC");
        let point = utc_time(1_795_411_000_684_322_192);
        assert_eq!(point, "2026-11-23T05:16:40Z");
    }

    #[test]
    fn broken_zone_files_are_read_or_rejected() {
        let table = include_str!("../../../tests/data/tables/time.txt");
        let whole: Vec<Vec<u8>> = rows(table).map(|mut row| row.swap_remove(0)).collect();
        let mut seed = 1u32;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % below
        };
        for _ in 0..20 {
            for file in &whole {
                let mut file = file.clone();
                let at = random(file.len().min(60));
                file[at] = random(256) as u8;
                let at = random(file.len());
                file[at] ^= 1 << random(8);
                file.truncate(file.len() - random(2) * random(file.len()));
                if let Some(zone) = Zone::parse(&file) {
                    for nanos in [i64::MIN, 0, i64::MAX] {
                        assert!(!in_zone(nanos, &zone).full().is_empty());
                    }
                }
            }
        }
    }
}
