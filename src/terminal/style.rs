//! Which colours there are, and when there are any.
//!
//! Roles are all that reports know; this is the one place that gives them a look. The basic eight
//! colours only: they follow the theme of the terminal and are readable on light and dark.

use nu_ansi_term::{Color, Style};

use crate::report::sink::Role;

/// The user's word on colours (`-color`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// Only on a terminal that shows them and whose user has not declined.
    Auto,
    /// Everywhere but in files.
    Always,
    /// Nowhere.
    Never,
}

impl Colour {
    /// The choice by its word; any other word means `auto`.
    pub(crate) fn from_word(word: &str) -> Colour {
        match word {
            "always" => Colour::Always,
            "never" => Colour::Never,
            _ => Colour::Auto, // the option's table lets no other word through
        }
    }

    /// Whether to colour; `terminal` says whether the text goes to one.
    pub(crate) fn wanted(self, terminal: bool) -> bool {
        let declined = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        self.decide(terminal, declined, std::env::var("TERM").as_deref().ok())
    }

    fn decide(self, terminal: bool, declined: bool, term: Option<&str>) -> bool {
        match self {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && !declined && !matches!(term, None | Some("" | "dumb")),
        }
    }
}

/// How a stretch of text looks.
pub(crate) fn of(role: Role) -> Style {
    match role {
        Role::Text | Role::Number | Role::Source => Style::new(),
        Role::Heading => Style::new().bold(),
        Role::Hot => Style::new().bold().fg(Color::Red),
        Role::Name => Style::new().fg(Color::Cyan),
        Role::Path => Style::new().dimmed(),
        Role::Tag => Style::new().fg(Color::Yellow),
    }
}

/// How the line at the bottom of a screenful looks.
pub(super) fn hint_bar() -> Style {
    Style::new().reverse()
}

/// How what could be typed next looks.
pub(super) fn hint() -> Style {
    Style::new().dimmed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_needs_a_willing_terminal() {
        assert!(Colour::Auto.decide(true, false, Some("xterm")));
        assert!(!Colour::Auto.decide(false, false, Some("xterm")));
        assert!(!Colour::Auto.decide(true, true, Some("xterm")));
        for term in [Some("dumb"), Some(""), None] {
            assert!(!Colour::Auto.decide(true, false, term), "{term:?}");
        }
    }

    #[test]
    fn always_and_never_outrank_terminal_and_environment() {
        assert!(Colour::Always.decide(false, true, Some("dumb")));
        assert!(!Colour::Never.decide(true, false, Some("xterm")));
    }
}
