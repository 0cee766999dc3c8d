//! Signals: Ctrl-C stops the running command and not podprof; what ends podprof finds the terminal in order.
//!
//! Only the prompt on a terminal asks for the first. One-shot runs and scripts die of Ctrl-C, as they should.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::thread;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use super::progress;
use crate::interrupt;

/// The stack of the thread; it writes a few bytes.
const STACK: usize = 64 * 1024;
/// What rustyline asks of a terminal that brackets what is pasted, taken back, and a row of its own for the shell.
const LEAVE_PROMPT: &[u8] = b"\x1b[?2004l\n";

/// From now on Ctrl-C asks the running command to stop.
pub(crate) fn catch_interrupt() {
    // Where it cannot be caught it ends podprof, which is no reason not to start.
    let _ = flag::register(SIGINT, interrupt::flag());
}

/// From now on SIGTERM and SIGHUP end podprof only after what must not be left half done is finished and the terminal
/// has its own mode back.
pub(crate) fn leave_in_order() {
    static ONCE: Once = Once::new();
    // Where they cannot be caught, they end podprof at once.
    ONCE.call_once(|| drop(watch()));
}

fn watch() -> io::Result<()> {
    let tty = File::open("/dev/tty").ok();
    let mode = tty.as_ref().and_then(|tty| tcgetattr(tty).ok());
    let before = tty.zip(mode);
    let (mut heard, told) = UnixStream::pair()?;
    let which = Arc::new(AtomicUsize::new(0));
    for signal in [SIGTERM, SIGHUP] {
        let number = usize::try_from(signal).unwrap_or_default();
        flag::register_usize(signal, Arc::clone(&which), number)?;
        low_level::pipe::register(signal, told.try_clone()?)?;
    }
    let wait = move || {
        // Nothing else is ever sent.
        if heard.read_exact(&mut [0]).is_ok() {
            interrupt::finish();
            restore(before.as_ref());
            let signal = i32::try_from(which.load(Ordering::Relaxed)).unwrap_or(SIGTERM);
            let _ = low_level::emulate_default_handler(signal);
        }
    };
    thread::Builder::new().stack_size(STACK).spawn(wait)?;
    Ok(())
}

fn restore(before: Option<&(File, Termios)>) {
    progress::erase();
    let Some((tty, mode)) = before else {
        return;
    };
    let now = tcgetattr(tty);
    if now.is_ok_and(|now| !now.local_modes.contains(LocalModes::ICANON)) {
        let _ = tcsetattr(tty, OptionalActions::Now, mode); // it may be gone
        let _ = io::stdout().write_all(LEAVE_PROMPT);
        let _ = io::stdout().flush();
    }
}
