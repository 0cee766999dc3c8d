//! Everything that a process can tell of itself, in the order in which it is taken: what costs the least first,
//! and what runs for seconds last, for the process may be gone by then.
//!
//! What stops the process for long is left out unless somebody insists; what it costs is said before it is taken.

use super::endpoints::Endpoint;

/// Goroutines above which a dump of their stacks is not taken unless somebody insists.
pub(crate) const MANY_GOROUTINES: u64 = 10_000;
/// How long a dump stops the process for each of them, at worst, in microseconds.
const DUMP_COST: u64 = 50;
/// Profiles of the program's own that are taken.
const MOST_OWN: usize = 20;

/// How something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it comes: the page, the command line.
    Plain,
    /// A profile.proto, packed by the server.
    Binary,
    /// A text that we pack.
    Text,
}

/// What it costs beyond a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Price {
    Little,
    /// The process stands still while each goroutine is written down.
    Stops,
    /// Garbage is collected.
    Collects,
    /// The process is sampled for so many seconds.
    Runs(u64),
}

/// One thing to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    /// What is put behind the address of the page.
    pub(crate) asked: String,
    /// The name of its file.
    pub(crate) file: String,
    pub(crate) form: Form,
    pub(crate) price: Price,
}

impl Ask {
    /// The number of seconds that the server takes for it by order.
    pub(crate) fn seconds(&self) -> u64 {
        match self.price {
            Price::Runs(seconds) => seconds,
            Price::Little | Price::Stops | Price::Collects => 0,
        }
    }

    /// Why it is left out; `goroutines` is how many there are, where that is known.
    pub(crate) fn refusal(&self, goroutines: Option<u64>) -> Option<String> {
        match (self.price, goroutines) {
            (Price::Stops, None) => {
                Some("how many goroutines there are is not known; -force takes it".to_string())
            }
            (Price::Stops, Some(count)) if count > MANY_GOROUTINES => Some(format!(
                "{count} goroutines would stop the process for up to {}; -force takes it",
                milliseconds(count)
            )),
            _ => None, // cheap enough
        }
    }

    /// What is said before it is taken; nothing of what costs little.
    pub(crate) fn warning(&self, goroutines: Option<u64>) -> Option<String> {
        let text = match (self.price, goroutines) {
            (Price::Little, _) => return None,
            (Price::Stops, Some(count)) => format!(
                "stops the process for up to {} ({count} goroutines)",
                milliseconds(count)
            ),
            (Price::Stops, None) => "stops the process while it is written".to_string(),
            (Price::Collects, _) => "makes the process collect its garbage".to_string(),
            (Price::Runs(seconds), _) => format!("samples the process for {seconds} s"),
        };
        Some(format!("{}: {text}", self.asked))
    }
}

fn milliseconds(goroutines: u64) -> String {
    format!("{} ms", goroutines.saturating_mul(DUMP_COST) / 1000 + 1)
}

/// What there is to take, the CPU profile for `seconds`; all that Go may have where no page lists it.
pub(crate) fn plan(endpoint: &Endpoint, seconds: u64) -> Vec<Ask> {
    let ask = |asked: &str, file: &str, form, price| Ask {
        asked: asked.to_string(),
        file: file.to_string(),
        form,
        price,
    };
    let (little, binary, text) = (Price::Little, Form::Binary, Form::Text);
    let mut asks = vec![
        ask("cmdline", "cmdline.txt", Form::Plain, little),
        ask("goroutine", "goroutine.pb.gz", binary, little),
        ask("goroutine?debug=1", "goroutine.debug1.txt.gz", text, little),
        ask(
            "goroutine?debug=2",
            "goroutine.debug2.txt.gz",
            text,
            Price::Stops,
        ),
        ask("heap?debug=1", "heap.debug1.txt.gz", text, little),
        ask("heap", "heap.pb.gz", binary, little),
        ask("allocs", "allocs.pb.gz", binary, little),
        ask("mutex", "mutex.pb.gz", binary, little),
        ask("block", "block.pb.gz", binary, little),
        ask("threadcreate", "threadcreate.pb.gz", binary, little),
    ];
    let is_standard = |name: &str| {
        let standard = asks.iter().any(|ask| ask.asked == name);
        standard || matches!(name, "goroutineleak" | "profile" | "symbol" | "trace")
    };
    let own = endpoint.offers.iter().map(|offer| &offer.name);
    let own: Vec<&String> = own.filter(|name| !is_standard(name)).collect();
    for (at, name) in own.into_iter().take(MOST_OWN).enumerate() {
        // The number keeps two names apart that are cleaned alike.
        let file = format!("own{}-{}.pb.gz", at + 1, clean(name));
        asks.push(ask(name, &file, binary, little));
    }
    if endpoint.has("goroutineleak") {
        asks.push(ask(
            "goroutineleak",
            "goroutineleak.pb.gz",
            binary,
            Price::Collects,
        ));
    }
    let cpu = format!("profile?seconds={seconds}");
    asks.push(ask(&cpu, "cpu.pb.gz", binary, Price::Runs(seconds)));
    asks
}

/// A name that any file system takes, not too long for a tar.
fn clean(name: &str) -> String {
    let plain = |c: char| match c.is_ascii_alphanumeric() || "-_".contains(c) {
        true => c,
        false => '_',
    };
    name.chars()
        .rev()
        .take(40)
        .map(plain)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::endpoints::Offer;
    use super::*;

    fn endpoint(names: &[&str]) -> Endpoint {
        let offers = names.iter().map(|name| Offer {
            name: name.to_string(),
            count: None,
        });
        Endpoint {
            base: "http://h/debug/pprof/".to_string(),
            offers: offers.collect(),
            listed: true,
        }
    }

    fn asked(names: &[&str]) -> Vec<String> {
        let plan = plan(&endpoint(names), 10);
        plan.into_iter().map(|ask| ask.asked).collect()
    }

    const STANDARD: [&str; 10] = [
        "cmdline",
        "goroutine",
        "goroutine?debug=1",
        "goroutine?debug=2",
        "heap?debug=1",
        "heap",
        "allocs",
        "mutex",
        "block",
        "threadcreate",
    ];

    #[test]
    fn what_costs_least_comes_first_and_what_runs_comes_last() {
        let cpu = ["profile?seconds=10"];
        assert_eq!(asked(&[]), [&STANDARD[..], &cpu].concat());
        let listed = [
            "allocs",
            "goroutineleak",
            "profile",
            "trace",
            "symbol",
            "my/pool",
        ];
        let more = ["my/pool", "goroutineleak", "profile?seconds=10"];
        assert_eq!(asked(&listed), [&STANDARD[..], &more].concat());
    }

    #[test]
    fn names_of_files_are_plain_and_all_different() {
        let own: Vec<String> = (0..30)
            .map(|at| format!("a/..{at}é{}", "x".repeat(99)))
            .collect();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let plan = plan(&endpoint(&[&own[..], &["goroutineleak"]].concat()), 1);
        let files: Vec<&str> = plan.iter().map(|ask| &*ask.file).collect();
        assert_eq!(files.len(), 10 + MOST_OWN + 2);
        for (at, file) in files.iter().enumerate() {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            assert!(file.bytes().all(plain) && file.len() < 80, "{file}");
            assert!(!files[..at].contains(file), "{file}");
        }
    }

    #[test]
    fn what_costs_much_is_left_out_and_what_costs_something_is_said() {
        let plan = plan(&endpoint(&["goroutineleak"]), 10);
        let refused = |goroutines| -> Vec<&str> {
            let plan = plan.iter().filter(|ask| ask.refusal(goroutines).is_some());
            plan.map(|ask| &*ask.asked).collect()
        };
        assert_eq!(refused(Some(10_000)), [""; 0]);
        assert_eq!(refused(Some(10_001)), ["goroutine?debug=2"]);
        assert_eq!(refused(None), ["goroutine?debug=2"]);
        let said: Vec<String> = plan
            .iter()
            .filter_map(|ask| ask.warning(Some(9_999)))
            .collect();
        let expected = [
            "goroutine?debug=2: stops the process for up to 500 ms (9999 goroutines)",
            "goroutineleak: makes the process collect its garbage",
            "profile?seconds=10: samples the process for 10 s",
        ];
        assert_eq!(said, expected);
    }
}
