//! The list that lies in a collected incident: what was asked of whom, when, and what came of it.
//!
//! A text of lines, fields with a tab between, made for awk and sort as for podprof itself:
//!
//! ```text
//! podprof-collect  1
//! podprof          0.1.0
//! target           http://127.0.0.1:6060/debug/pprof/
//! begun            2026-11-23T05:16:40Z
//! took             10.312
//! redacted         no
//! limit            268435456
//! file  STATE  BYTES  SHA256  BEGUN  TOOK  NAME  ASKED  WHY
//! ```
//!
//! with a line `file` for all that was wanted. STATE is `whole`, `cut` (what came is there), `failed` (nothing
//! came) or `left` (never asked, WHY says why); BYTES and SHA256 are those of the file; BEGUN and TOOK
//! are seconds, from the beginning on. Lines of other first words may be added; those there are stay.

/// What the list is called.
pub(crate) const NAME: &str = "MANIFEST.txt";
/// What it begins with.
const TITLE: &str = "podprof-collect\t1";
/// Bytes of a list that are read.
pub(crate) const LONGEST: u64 = 256 * 1024;

/// What came of one wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Whole,
    Cut,
    Failed,
    Left,
}

const STATES: [(State, &str); 4] = [
    (State::Whole, "whole"),
    (State::Cut, "cut"),
    (State::Failed, "failed"),
    (State::Left, "left"),
];

/// One line of the list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) state: State,
    /// Of the file as it was written.
    pub(crate) bytes: u64,
    /// Of the same bytes; empty where there is no file.
    pub(crate) sha256: String,
    /// Seconds from the beginning, and how long it took.
    pub(crate) begun: f64,
    pub(crate) took: f64,
    /// The file's name, as it was or would have been written.
    pub(crate) name: String,
    /// What of the target was asked for: `heap?debug=1`.
    pub(crate) asked: String,
    /// Why it is not whole; empty where it is.
    pub(crate) why: String,
}

/// The list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Manifest {
    /// Who was asked, without secrets.
    pub(crate) target: String,
    /// When it began, in UTC.
    pub(crate) begun: String,
    /// Seconds.
    pub(crate) took: f64,
    /// Whether label values, arguments and foreign paths were left out.
    pub(crate) redacted: bool,
    /// Bytes after which a file is cut.
    pub(crate) limit: u64,
    pub(crate) rows: Vec<Row>,
}

impl Manifest {
    /// The list as it is written.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{TITLE}\n");
        let redacted = if self.redacted { "yes" } else { "no" };
        for (word, value) in [
            ("podprof", env!("CARGO_PKG_VERSION").to_string()),
            ("target", plain(&self.target)),
            ("begun", self.begun.clone()),
            ("took", format!("{:.3}", self.took)),
            ("redacted", redacted.to_string()),
            ("limit", self.limit.to_string()),
        ] {
            text.push_str(&format!("{word}\t{value}\n"));
        }
        for row in &self.rows {
            let state = STATES.iter().find(|(state, _)| *state == row.state);
            let sum = if row.sha256.is_empty() {
                "-"
            } else {
                &row.sha256
            };
            text.push_str(&format!(
                "file\t{}\t{}\t{sum}\t{:.3}\t{:.3}\t{}\t{}\t{}\n",
                state.map_or("", |(_, word)| word),
                row.bytes,
                row.begun,
                row.took,
                plain(&row.name),
                plain(&row.asked),
                plain(&row.why),
            ));
        }
        text
    }
}

/// Which files of a list are not whole: the name and why; nothing where it is no such list.
pub(crate) fn faults(text: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines();
    if lines.next() != Some(TITLE) {
        return Vec::new();
    }
    let rows = lines.filter_map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            ["file", "cut", _, _, _, _, name, _, why, ..] => {
                Some((plain(name), format!("it is cut: {}", plain(why))))
            }
            ["file", "failed" | "left", _, _, _, _, name, _, why, ..] => {
                Some((plain(name), format!("it was not taken: {}", plain(why))))
            }
            _ => None, // whole, or a line that came later than we
        }
    });
    rows.collect()
}

/// One field: no tab or newline of somebody else's makes two of it.
fn plain(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(state: State, name: &str, why: &str) -> Row {
        Row {
            state,
            bytes: 12,
            sha256: String::new(),
            begun: 0.25,
            took: 1.0,
            name: name.to_string(),
            asked: "heap?debug=1".to_string(),
            why: why.to_string(),
        }
    }

    #[test]
    fn the_list_is_lines_of_fields() {
        let manifest = Manifest {
            target: "http://ann:***@h\n/".to_string(),
            begun: "2026-11-23T05:16:40Z".to_string(),
            took: 10.0,
            redacted: false,
            limit: 1000,
            rows: vec![
                Row {
                    sha256: "ab".to_string(),
                    ..row(State::Whole, "a.pb.gz", "")
                },
                row(State::Cut, "b\tc", "it\nbroke"),
                row(State::Failed, "d", "404"),
                row(State::Left, "e", "costs"),
            ],
        };
        let text = manifest.text();
        let expected = [
            "podprof-collect\t1",
            concat!("podprof\t", env!("CARGO_PKG_VERSION")),
            "target\thttp://ann:***@h /",
            "begun\t2026-11-23T05:16:40Z",
            "took\t10.000",
            "redacted\tno",
            "limit\t1000",
            "file\twhole\t12\tab\t0.250\t1.000\ta.pb.gz\theap?debug=1\t",
            "file\tcut\t12\t-\t0.250\t1.000\tb c\theap?debug=1\tit broke",
            "file\tfailed\t12\t-\t0.250\t1.000\td\theap?debug=1\t404",
            "file\tleft\t12\t-\t0.250\t1.000\te\theap?debug=1\tcosts",
            "",
        ];
        assert_eq!(text, expected.join("\n"));
        let said = |name: &str, why: &str| (name.to_string(), why.to_string());
        let expected = [
            said("b c", "it is cut: it broke"),
            said("d", "it was not taken: 404"),
            said("e", "it was not taken: costs"),
        ];
        assert_eq!(faults(text.as_bytes()), expected);
    }

    #[test]
    fn what_is_no_list_tells_nothing() {
        for text in [
            &b"file\tcut\t1\t2\t3\t4\tname\t5\twhy\n"[..],
            b"podprof-collect\t1\nfile\tcut\n",
            b"podprof-collect\t1\n\xff\xfe\nfile\twhole\t1\t2\t3\t4\tname\t5\twhy",
            b"",
        ] {
            assert_eq!(faults(text), []);
        }
    }
}
