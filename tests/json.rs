//! The numbers of `-json` are those of the text report: each report is printed both ways, the text in
//! the unit of the profile so that nothing is rounded, and both are brought to the same plain rows.

use serde_json::Value;

use crate::support::run::Podprof;

/// Profiles, the unit their values are in, and a pattern for peek and list.
const PROFILES: [(&str, &str, &str); 8] = [
    ("cpu", "nanoseconds", "price"),
    ("heap", "bytes", "stock"),
    ("goroutine", "count", "ledger"),
    ("mutex", "nanoseconds", "Post"),
    ("labels", "nanoseconds", "serve|write"),
    ("inline", "nanoseconds", "main|util"),
    ("negative", "nanoseconds", "down|up"),
    ("ties", "nanoseconds", "even|group"),
];
const OPTIONS: [&[&str]; 3] = [&[], &["-mean", "-lines"], &["-divide_by=3", "-nodecount=3"]];

/// What both forms print of a report, under all options on all profiles.
fn compare(report: &str, from_text: fn(&str) -> Vec<String>, from_json: fn(&Value) -> Vec<String>) {
    let mut rows = 0;
    for (profile, unit, pattern) in PROFILES {
        for options in OPTIONS {
            let report = report.replace("PATTERN", pattern);
            let path = format!("profiles/{profile}.pb.gz");
            let unit = format!("-unit={unit}");
            let print = |more: &[&str]| {
                let words = [&[report.as_str(), &unit, &path], options, more].concat();
                let outcome = Podprof::new(&words).run();
                assert_eq!(outcome.code, Some(0), "{words:?}: {outcome:?}");
                String::from_utf8(outcome.stdout).expect("text")
            };
            let (text, json) = (print(&[]), print(&["-json"]));
            let json: Value = serde_json::from_str(&json).expect("JSON");
            let (want, got) = (from_text(&text), from_json(&json));
            assert_eq!(got, want, "{report} {options:?} {profile}");
            rows += want.len();
        }
    }
    assert!(rows > 50, "{report}: only {rows} rows");
}

/// A printed value without its unit.
fn number(text: &str) -> i64 {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    digits.parse().unwrap_or_else(|_| match text {
        "." => 0,
        _ => panic!("{text} is no whole number"),
    })
}

/// The columns of a line in front of a name of any form, and that name.
fn columns(line: &str, count: usize) -> (Vec<&str>, &str) {
    let mut rest = line.trim_start();
    let mut columns = Vec::new();
    while columns.len() < count {
        let (column, behind) = rest.split_once(' ').unwrap_or((rest, ""));
        columns.push(column);
        rest = behind.trim_start();
    }
    (columns, rest)
}

/// The lines of a text report behind the one that ends in `heading`.
fn behind<'t>(text: &'t str, heading: &str) -> impl Iterator<Item = &'t str> {
    let table = text.lines().skip_while(move |line| !line.contains(heading));
    table.skip(1)
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    let list = value[key].as_array();
    list.unwrap_or_else(|| panic!("no list {key} in {value}"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    let text = value[key].as_str();
    text.unwrap_or_else(|| panic!("no text {key} in {value}"))
}

/// A name as the text report marks it.
fn marked(value: &Value) -> String {
    let mark = match &value["inline"] {
        Value::String(calls) if calls == "all" => " (inline)",
        Value::String(calls) if calls == "some" => " (partial-inline)",
        Value::Bool(true) => " (inline)",
        _ => "",
    };
    format!("{}{mark}", text(value, "name"))
}

/// `Showing nodes accounting for SHOWN, 80.36% of TOTAL total`.
fn shown(text: &str) -> String {
    let start = "Showing nodes accounting for ";
    let line = text.lines().find_map(|line| line.strip_prefix(start));
    let words: Vec<_> = line.expect("a total").split([',', ' ']).collect();
    format!("shown {} of {}", number(words[0]), number(words[4]))
}

fn shown_in(json: &Value) -> String {
    format!("shown {} of {}", json["shown"], json["total"])
}

#[test]
fn top() {
    let from_text = |text: &str| {
        let rows = behind(text, "cum%").map(|line| {
            let (columns, name) = columns(line, 5);
            format!("{} {} {name}", number(columns[0]), number(columns[3]))
        });
        [shown(text)].into_iter().chain(rows).collect()
    };
    let from_json = |json: &Value| {
        let row = |node: &Value| format!("{} {} {}", node["flat"], node["cum"], marked(node));
        let rows = list(json, "nodes").iter().map(row);
        [shown_in(json)].into_iter().chain(rows).collect()
    };
    compare("-top", from_text, from_json);
}

/// The rows of a tree: nodes as `flat cum name`, edges as `value  name`.
fn tree_text(text: &str) -> Vec<String> {
    let table = behind(text, "context").filter(|line| !line.starts_with("---"));
    let rows = table.map(|line| {
        let (numbers, name) = line.split_once(" | ").expect("a name");
        let numbers: Vec<_> = numbers.split_whitespace().collect();
        match numbers[..] {
            [value, _] => format!("{} {}", number(value), name),
            [flat, _, _, cum, _] => format!("{} {} {name}", number(flat), number(cum)),
            _ => panic!("{line}"),
        }
    });
    [shown(text)].into_iter().chain(rows).collect()
}

fn tree_json(json: &Value) -> Vec<String> {
    let mut rows = vec![shown_in(json)];
    let edge = |edge: &Value| format!("{}   {}", edge["value"], marked(edge));
    for node in list(json, "nodes") {
        rows.extend(list(node, "callers").iter().map(edge));
        let (flat, cum) = (&node["flat"], &node["cum"]);
        rows.push(format!("{flat} {cum} {}", text(node, "name")));
        rows.extend(list(node, "callees").iter().map(edge));
    }
    rows
}

#[test]
fn tree() {
    compare("-tree", tree_text, tree_json);
}

#[test]
fn peek() {
    compare("-peek=PATTERN", tree_text, tree_json);
}

#[test]
fn a_listing() {
    let from_text = |text: &str| {
        let mut rows = Vec::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("ROUTINE ======================== ") {
                rows.push(name.to_string());
            } else if let Some(total) = line.strip_prefix("Total: ") {
                rows.push(format!("total {}", number(total)));
            } else if !line.contains(" Error: ") {
                let (columns, rest) = columns(line, 2);
                let at = rest.split(':').next().expect("a line number");
                let at = if at.starts_with("(flat") { "sum" } else { at };
                let (flat, cum) = (number(columns[0]), number(columns[1]));
                rows.push(format!("{at} {flat} {cum}"));
            }
        }
        // A source line without samples is only in the text.
        rows.retain(|row| !row.ends_with(" 0 0"));
        rows
    };
    let from_json = |json: &Value| {
        let mut rows = vec![format!("total {}", json["total"])];
        for function in list(json, "functions") {
            let (name, file) = (text(function, "name"), text(function, "file"));
            rows.push(format!("{name} in {file}"));
            rows.push(format!("sum {} {}", function["flat"], function["cum"]));
            let row = |line: &Value| format!("{} {} {}", line["line"], line["flat"], line["cum"]);
            rows.extend(list(function, "lines").iter().map(row));
        }
        rows.retain(|row| !row.ends_with(" 0 0"));
        rows
    };
    compare("-list=PATTERN", from_text, from_json);
}

#[test]
fn tags() {
    let from_text = |text: &str| {
        let mut rows = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            match line.split_once(": Total ") {
                Some((key, sum)) => {
                    let sum = sum.split(' ').next().expect("a sum");
                    rows.push(format!("{} {}", key.trim_start(), number(sum)));
                }
                None => {
                    let (sum, value) = line.split_once("): ").expect("a value");
                    rows.push(format!("{} {value}", number(columns(sum, 1).0[0])));
                }
            }
        }
        rows
    };
    let from_json = |json: &Value| {
        let mut rows = Vec::new();
        for tag in list(json, "tags") {
            rows.push(format!("{} {}", text(tag, "key"), tag["sum"]));
            let row = |value: &Value| format!("{} {}", value["sum"], text(value, "value"));
            rows.extend(list(tag, "values").iter().map(row));
        }
        rows
    };
    compare_tags(from_text, from_json);
}

/// Tags of numbers are printed in the unit that is asked for, and in one that suits them in JSON.
fn compare_tags(from_text: fn(&str) -> Vec<String>, from_json: fn(&Value) -> Vec<String>) {
    for (profile, filter) in [
        ("labels", "user|host|k"),
        ("cpu", "."),
        ("goroutine", "role"),
    ] {
        let path = format!("profiles/{profile}.pb.gz");
        let filter = format!("-tagshow={filter}");
        let print = |more: &[&str]| {
            let unit = if profile == "goroutine" {
                "count"
            } else {
                "ns"
            };
            let unit = format!("-unit={unit}");
            let words = [&["-tags", &path, &filter, &unit], more].concat();
            String::from_utf8(Podprof::new(&words).run().stdout).expect("text")
        };
        let json: Value = serde_json::from_str(&print(&["-json"])).expect("JSON");
        let (want, got) = (from_text(&print(&[])), from_json(&json));
        assert_eq!(got, want, "{profile}");
        assert!(want.len() >= 2, "{profile}: {want:?}");
    }
}

#[test]
fn traces() {
    let from_text = |text: &str| {
        let mut rows = Vec::new();
        let table = text.lines().skip_while(|line| !line.starts_with("---"));
        for line in table.filter(|line| !line.is_empty()) {
            let (head, name) = line.split_at(line.len().min(13));
            match head.trim() {
                _ if line.starts_with("---") => rows.push("trace".to_string()),
                "" => rows.push(name.to_string()),
                // Labels have their own test.
                _ if line.contains(":  ") => {}
                value => rows.push(format!("{} {}", number(value), name.trim_start())),
            }
        }
        rows.pop();
        rows
    };
    let from_json = |json: &Value| {
        let mut rows = Vec::new();
        for trace in list(json, "traces") {
            rows.push("trace".to_string());
            let mut value = format!("{} ", trace["value"]);
            for frame in list(trace, "stack") {
                rows.push(format!("{value}{}", marked(frame)));
                value.clear();
            }
        }
        rows
    };
    compare("-traces", from_text, from_json);
}
