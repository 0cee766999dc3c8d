//! Reads data/cases.txt: one case a line, in the format its first lines explain.
//! `tests/oracle/oracle.py` reads the same lines by the same rules: change both.

use std::fs;

use super::run::data_dir;

/// One line of cases.txt.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) argv: Vec<String>,
    /// What stdin says, where the line has a script.
    pub(crate) script: Option<Vec<u8>>,
}

/// Every case line, in order.
pub(crate) fn cases() -> Vec<Case> {
    let text = fs::read_to_string(data_dir().join("cases.txt")).expect("cases.txt is there");
    let lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(case).collect()
}

fn case(line: &str) -> Case {
    let fields: Vec<&str> = line.splitn(3, '|').collect();
    let [name, profiles, rest] = fields[..] else {
        panic!("not `name | profiles | arguments`: {line}");
    };
    let rest = format!(" {}", rest.trim());
    let (arguments, script) = match rest.split_once(" <<") {
        Some((arguments, script)) => (arguments, Some(script_bytes(script))),
        None => (rest.as_str(), None),
    };
    let mut words = split(arguments);
    let is_env = |word: &String| {
        word.split_once('=')
            .is_some_and(|(key, _)| is_variable(key))
    };
    let env = words.iter().take_while(|word| is_env(word)).count();
    let env = words
        .drain(..env)
        .filter_map(|word| {
            word.split_once('=')
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
        })
        .collect();
    let profiles: Vec<String> = profiles
        .trim()
        .split(',')
        .filter(|one| *one != "-")
        .map(profile)
        .collect();
    match words.iter().position(|word| word == "{}") {
        Some(at) => drop(words.splice(at..=at, profiles)),
        None => words.extend(profiles),
    }
    Case {
        name: name.trim().to_owned(),
        env,
        argv: words,
        script,
    }
}

fn is_variable(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// The file of a profile named in a case line: `cpu` means profiles/cpu.pb.gz.
fn profile(name: &str) -> String {
    match name {
        _ if name.contains('/') => name.to_owned(),
        _ if name.contains('.') => format!("profiles/{name}"),
        _ => format!("profiles/{name}.pb.gz"),
    }
}

/// Words parted by blanks; '...' keeps blanks, nothing else is special.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for c in text.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            _ if c.is_whitespace() && !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The script after `<<`: ` ;; ` parts its lines, a last `\c` keeps the last newline away.
fn script_bytes(script: &str) -> Vec<u8> {
    let text = format!("{} ", script.trim()).replace(" ;; ", "\n");
    let lines: Vec<&str> = text
        .split('\n')
        .map(|line| line.trim_matches(' '))
        .collect();
    let text = lines.join("\n");
    match text.strip_suffix("\\c") {
        Some(cut) => cut.trim_end_matches(' ').as_bytes().to_vec(),
        None => format!("{text}\n").into_bytes(),
    }
}
