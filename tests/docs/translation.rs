//! Holds a translated page beside its original: the same headings, commands, tables and words in code, section by section.
//! What it says in its own language between them, no test can know.

use std::fs;
use std::path::Path;

/// What two translations of a section have in common.
#[derive(Debug, Default, PartialEq)]
struct Section {
    /// The hashes of its heading.
    level: String,
    /// The lines of its blocks, without comments.
    blocks: Vec<String>,
    /// The cells of each row of its tables, and the numbers in it, sorted.
    rows: Vec<(usize, Vec<String>)>,
    /// What stands between backquotes, sorted.
    code: Vec<String>,
}

#[test]
fn the_chinese_readme_is_in_step_with_the_english_one() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(top.join(name)).expect("a README");
    let english = sections(&read("README.md"));
    let chinese = sections(&read("docs/README.zh-CN.md"));
    for (english, chinese) in english.iter().zip(&chinese) {
        assert_eq!(
            english, chinese,
            "README.md (left) and docs/README.zh-CN.md"
        );
    }
    assert_eq!(english.len(), chinese.len(), "numbers of headings");
}

/// The translation with what the original's sessions print now; commands with comments stay as they were translated.
pub(super) fn renewed(original: &str, translation: &str) -> String {
    let sessions = |text: &str| -> Vec<String> {
        let blocks = text.split("\n```console\n").skip(1);
        blocks
            .map(|block| {
                block
                    .split("\n```\n")
                    .next()
                    .unwrap_or_default()
                    .to_string()
            })
            .collect()
    };
    let pairs = sessions(translation).into_iter().zip(sessions(original));
    pairs.fold(translation.to_string(), |text, (old, new)| {
        text.replace(&old, &new)
    })
}

fn sections(text: &str) -> Vec<Section> {
    let mut found = vec![Section::default()];
    let mut in_block = false;
    for line in text.lines() {
        if line.starts_with('#') && !in_block {
            let level = line.split(' ').next().unwrap_or_default().to_string();
            found.push(Section {
                level,
                ..Section::default()
            });
            continue;
        }
        let section = found.last_mut().expect("never empty");
        if line.starts_with("```") {
            in_block = !in_block;
            section.blocks.push(line.to_string());
        } else if in_block {
            let command = line.split("  #").next().unwrap_or_default();
            section.blocks.push(command.trim_end().to_string());
        } else {
            let cells = line.replace("\\|", "").matches('|').count();
            let row = (cells, numbers(line));
            section.rows.extend(line.starts_with('|').then_some(row));
            let spans = line.split('`').skip(1).step_by(2);
            section.code.extend(spans.map(str::to_string));
            section.code.sort();
        }
    }
    found
}

fn numbers(line: &str) -> Vec<String> {
    let words = line.split(|c: char| !c.is_ascii_digit() && !".,".contains(c));
    let words = words.map(|word| word.trim_matches(['.', ',']).to_string());
    let mut numbers: Vec<String> = words.filter(|word| !word.is_empty()).collect();
    numbers.sort();
    numbers
}

#[test]
fn sessions_are_taken_over_from_the_original() {
    let english = "a\n```console\n$ ls\nnew\n```\nb\n";
    let chinese = "x\n```console\n$ ls\nold\n```\ny\n";
    assert_eq!(renewed(english, chinese), chinese.replace("old", "new"));
}

#[test]
fn a_changed_command_and_a_lost_row_are_out_of_step() {
    let english = "# a\n```sh\nls  # why\n```\n| `x` | y |\n| - | - |\n";
    let chinese = "# b\n```sh\nls    # other\n```\n| `x` | z |\n| - | - |\n";
    assert_eq!(sections(english), sections(chinese));
    assert_ne!(sections(english), sections(&chinese.replace("ls", "cp")));
    assert_ne!(
        sections(english),
        sections(&chinese.replace("| - | - |\n", ""))
    );
    assert_ne!(sections(english), sections(&chinese.replace("`x`", "x")));
    assert_ne!(
        sections(english),
        sections(&chinese.replace("| z", "| 2 z"))
    );
}
