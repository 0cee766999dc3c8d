//! What a question costs the process that is asked, told before it is asked.
//!
//! Listing every goroutine (`debug=2`) stops the whole process for as long as that takes, so many of them
//! need somebody's yes; how many there are comes from the page of profiles, which costs nothing.

use std::time::Duration;

use super::capture::MANY_GOROUTINES;

/// Nanoseconds that the process stands still for each goroutine, from and to.
const STOPPED: [u64; 2] = [30_000, 50_000];
/// What a server writes of such a list at most.
const LONGEST_DUMP: &str = "64 MiB";

/// A question to a process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// Which profile.
    pub(crate) kind: &'a str,
    pub(crate) debug: u8,
    pub(crate) gc: bool,
    pub(crate) seconds: Option<u64>,
    /// How many goroutines there are, where that is known.
    pub(crate) goroutines: Option<u64>,
}

/// What it costs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Price {
    /// One line, where it costs anything worth a word.
    pub(crate) text: Option<String>,
    /// Whether somebody has to agree.
    pub(crate) steep: bool,
}

/// What the question costs.
pub(crate) fn price(question: &Question<'_>) -> Price {
    let Question {
        kind,
        debug,
        gc,
        seconds,
        goroutines,
    } = *question;
    let mut words = Vec::new();
    let lists = debug == 2 && matches!(kind, "goroutine" | "goroutineleak");
    if lists {
        words.push(dump(goroutines));
    }
    if kind == "goroutineleak" {
        words.push("goroutineleak collects garbage first".to_string());
    } else if gc && kind == "heap" {
        words.push("gc collects garbage first".to_string());
    }
    match (kind, seconds) {
        ("profile", seconds) => {
            words.push(format!("the CPU is sampled for {}s", seconds.unwrap_or(30)));
        }
        ("trace", seconds) => words.push(format!(
            "every event is recorded for {}s, which slows the process",
            seconds.unwrap_or(1)
        )),
        (_, Some(seconds)) => words.push(format!("the answer takes {seconds}s")),
        (_, None) => {}
    }
    Price {
        text: (!words.is_empty()).then(|| words.join("; ")),
        steep: lists && goroutines.is_none_or(|count| count > MANY_GOROUTINES),
    }
}

fn dump(goroutines: Option<u64>) -> String {
    let Some(count) = goroutines else {
        return "debug=2 stops the process while it lists its goroutines, nobody knows how many"
            .to_string();
    };
    let [from, to] = STOPPED.map(|each| short(Duration::from_nanos(each.saturating_mul(count))));
    let count = grouped(count);
    format!(
        "{count} goroutines: debug=2 stops the process for {from} to {to}, cut at {LONGEST_DUMP}"
    )
}

/// `45ms`, `1.2s`.
fn short(time: Duration) -> String {
    match time.as_millis() {
        0 => "1ms".to_string(),
        millis @ 1..1000 => format!("{millis}ms"),
        millis => format!("{}.{}s", millis / 1000, millis % 1000 / 100), // a second and more
    }
}

/// `12,345`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &str, debug: u8, goroutines: Option<u64>) -> Price {
        price(&Question {
            kind,
            debug,
            gc: false,
            seconds: None,
            goroutines,
        })
    }

    #[test]
    fn the_cheap_forms_cost_no_word() {
        for (kind, debug) in [("heap", 0), ("goroutine", 0), ("goroutine", 1), ("heap", 2)] {
            let free = Price {
                text: None,
                steep: false,
            };
            assert_eq!(of(kind, debug, Some(1_000_000)), free, "{kind} {debug}");
        }
    }

    #[test]
    fn a_list_of_goroutines_costs_by_their_number() {
        let few = of("goroutine", 2, Some(10_000));
        let text = "10,000 goroutines: debug=2 stops the process for 300ms to 500ms, \
                    cut at 64 MiB";
        assert_eq!((few.text.as_deref(), few.steep), (Some(text), false));
        let many = of("goroutine", 2, Some(40_001));
        assert!(many.text.expect("a price").contains("for 1.2s to 2.0s"));
        assert!(many.steep);
        assert!(of("goroutine", 2, None).steep);
        let none = of("goroutine", 2, Some(0)).text.expect("a price");
        assert!(none.contains("for 1ms to 1ms"), "{none}");
        of("goroutine", 2, Some(u64::MAX));
    }

    #[test]
    fn what_collects_or_records_says_so() {
        let text = |kind, gc, seconds| {
            let question = Question {
                kind,
                debug: 0,
                gc,
                seconds,
                goroutines: None,
            };
            price(&question).text.unwrap_or_default()
        };
        assert_eq!(text("heap", true, None), "gc collects garbage first");
        assert_eq!(text("profile", false, None), "the CPU is sampled for 30s");
        assert_eq!(text("profile", false, Some(5)), "the CPU is sampled for 5s");
        assert_eq!(
            text("goroutineleak", false, Some(9)),
            "goroutineleak collects garbage first; the answer takes 9s"
        );
        assert!(text("trace", false, None).contains("recorded for 1s"));
        assert_eq!(text("mutex", true, None), "");
    }

    #[test]
    fn counts_are_read_in_groups_of_three() {
        let shown = [0, 999, 1_000, 1_234_567].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "1,234,567"]);
    }
}
