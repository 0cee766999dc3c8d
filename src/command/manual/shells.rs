//! The completions of three shells, each in its own way of saying the same.

use super::{Flag, Value, flags};

const NOTE: &str = "# Written by `make docs` from the tables under src/command: change those.\n";

/// For bash: `=` parts words there, so a value is looked for behind it.
pub(super) fn bash() -> String {
    let (mut names, mut values, mut files) = (Vec::new(), String::new(), Vec::new());
    for flag in flags() {
        let name = format!("-{}", flag.name);
        if matches!(flag.value, Value::Nothing) {
            names.push(name);
            continue;
        }
        names.push(format!("{name}="));
        match &flag.value {
            Value::Words(words) => {
                values.push_str(&format!("    {name}) words='{}' ;;\n", words.join(" ")));
            }
            Value::File => files.push(name),
            Value::Nothing | Value::Text(_) => {} // nothing to offer
        }
    }
    let (names, files) = (names.join(" "), files.join(" | "));
    BASH.replace("NOTE\n", NOTE)
        .replace("NAMES", &names)
        .replace("FILES", &files)
        .replace("VALUES\n", &values)
}

const BASH: &str = r#"# bash completion for podprof
NOTE
_podprof() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} flag='' words=''
  if [ "$word" = = ]; then flag=$before word=''
  elif [ "$before" = = ]; then flag=${COMP_WORDS[COMP_CWORD-2]}
  fi
  case ${flag/#--/-} in
VALUES
    FILES) ;;
    ?*) return ;;
    '') case $word in -*) words='NAMES' word=${word/#--/-} ;; esac ;;
  esac
  if [ -n "$words" ]; then
    local IFS=$' \n'
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    case ${COMPREPLY[0]-} in *=) compopt -o nospace 2>/dev/null ;; esac
  else
    local IFS=$'\n'
    COMPREPLY=($(compgen -f -- "$word"))
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _podprof podprof
"#;

/// For zsh: one line a flag for `_arguments`.
pub(super) fn zsh() -> String {
    let lines: String = flags().iter().map(zsh_line).collect();
    format!("#compdef podprof\n{NOTE}_arguments \\\n{lines}  '*:source:_files'\n")
}

fn zsh_line(flag: &Flag) -> String {
    let help: String = flag
        .help
        .chars()
        .flat_map(|c| match c {
            '[' | ']' | ':' | '\\' => vec!['\\', c],
            '\'' => "'\\''".chars().collect(),
            c => vec![c],
        })
        .collect();
    let name = flag.name;
    match &flag.value {
        Value::Nothing => format!("  '-{name}[{help}]' \\\n"),
        Value::Text(kind) => format!(
            "  '-{name}=[{help}]:{}: ' \\\n",
            kind.to_lowercase().replace(':', " ")
        ),
        Value::File => format!("  '-{name}=[{help}]:file:_files' \\\n"),
        Value::Words(words) => {
            let words = words.join(" ");
            format!("  '-{name}=[{help}]:word:({words})' \\\n")
        }
    }
}

/// For fish: one line a flag.
pub(super) fn fish() -> String {
    let lines: String = flags().iter().map(fish_line).collect();
    format!("# fish completion for podprof\n{NOTE}{lines}")
}

fn fish_line(flag: &Flag) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let value = match &flag.value {
        Value::Nothing => String::new(),
        Value::Text(_) => " -x".to_string(),
        Value::File => " -r".to_string(),
        Value::Words(words) => format!(" -x -a {}", quoted(&words.join(" "))),
    };
    format!(
        "complete -c podprof -o {}{value} -d {}\n",
        flag.name,
        quoted(&flag.help)
    )
}
