//! Whoever sits at the terminal is asked for a yes, or waited for until a key is pressed.
//!
//! A script is never asked: there is nobody, which is a no.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::progress::Stderr;
use super::tty::{Key, Keyboard, Keys};
use crate::interrupt;

/// Whether somebody sees questions and can answer them.
pub(crate) fn is_somebody_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question; whether the answer was `y`.
pub(crate) fn agrees(question: &str) -> bool {
    let Some(mut keys) = Keyboard::open().filter(|_| is_somebody_there()) else {
        return false;
    };
    // The words are ours; what they hold of others has been made plain.
    let _ = Stderr.write_all(format!("{question} [y/N] ").as_bytes()); // in place of the progress
    keys.listen();
    let key = keys.next();
    keys.rest();
    let yes = matches!(key, Key::Char('y' | 'Y'));
    let _ = io::stderr().write_all(if yes { b"yes\n" } else { b"no\n" });
    yes
}

/// Waits so long, or until a key is pressed; whether one was.
pub(crate) fn pressed(within: Duration) -> bool {
    let begun = Instant::now();
    let Some(mut keys) = Keyboard::open().filter(|_| is_somebody_there()) else {
        return wait(begun, within);
    };
    keys.listen();
    let mut pressed = false;
    while !pressed && begun.elapsed() < within && interrupt::check().is_ok() {
        pressed = keys.soon().is_some();
    }
    keys.rest();
    pressed || interrupt::check().is_err()
}

fn wait(begun: Instant, within: Duration) -> bool {
    const TICK: Duration = Duration::from_millis(100);
    while let Some(left) = within.checked_sub(begun.elapsed()) {
        if interrupt::check().is_err() {
            return true;
        }
        std::thread::sleep(left.min(TICK));
    }
    false
}
