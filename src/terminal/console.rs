//! stdout and stderr of this run, each shown as what it is: a terminal or a pipe.
//!
//! Pipes and files get every byte as it is, unless colours were forced on them; a terminal only ever
//! sees a [`Screen`].

use std::io::{self, BufWriter, IsTerminal, LineWriter, Write};

use super::page::Page;
use super::progress;
use super::screen::Screen;
use super::style::Colour;
use super::tty::{self, Keyboard};
use crate::command::options::Settings;
use crate::report::sink::{Plain, Sink};

/// What a pipe or a file is given at once.
const BLOCK: usize = 64 * 1024;
/// What a terminal is given at once: little enough to be drawn soon after Ctrl-C.
const PIECE: usize = 4 * 1024;

/// Makes sinks for the two streams.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    colour: Colour,
}

/// How the user wants a terminal to be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    /// Names wider than the screen are printed whole.
    pub(crate) wide: bool,
    /// Long reports stop at each screenful.
    pub(crate) pages: bool,
}

impl Manner {
    /// As much as fits, without stops.
    pub(crate) const PLAIN: Manner = Manner {
        wide: false,
        pages: false,
    };
}

impl Console {
    /// A console with this choice of colours.
    pub(crate) fn new(colour: Colour) -> Console {
        Console { colour }
    }

    /// Whether what is typed on a terminal may be coloured.
    pub(super) fn colours_prompt(self) -> bool {
        self.colour.wanted(true)
    }

    /// For reports; what is written last comes out with a flush.
    pub(crate) fn out(self, manner: Manner) -> Box<dyn Sink> {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let size = tty::size(&stdout);
        let buffer = if terminal { PIECE } else { BLOCK };
        self.sink(
            BufWriter::with_capacity(buffer, progress::Stdout(stdout)),
            terminal.then_some(size.columns),
            manner,
        )
    }

    /// For everything else, line by line.
    pub(crate) fn err(self, manner: Manner) -> Box<dyn Sink> {
        let stderr = io::stderr();
        let terminal = stderr.is_terminal();
        let size = tty::size(&stderr);
        self.sink(
            LineWriter::new(progress::Stderr),
            terminal.then_some(size.columns),
            manner,
        )
    }

    /// Both, as the options want them, and never stopping at a screenful.
    pub(crate) fn pair(self, settings: &Settings) -> (Box<dyn Sink>, Box<dyn Sink>) {
        let manner = Manner {
            wide: settings.wide,
            pages: false,
        };
        (self.out(manner), self.err(manner))
    }

    /// `columns` of the terminal that `out` writes to, none where it writes to none.
    fn sink(
        self,
        out: impl Write + 'static,
        columns: Option<usize>,
        manner: Manner,
    ) -> Box<dyn Sink> {
        let colours = self.colour.wanted(columns.is_some());
        if columns.is_none() && !colours {
            return Box::new(Plain(out));
        }
        let paged = manner.pages && columns.is_some();
        let keys = paged.then(Keyboard::open).flatten();
        let columns = columns.filter(|_| !manner.wide);
        // Boxed before it is paged: one pager in the binary instead of one a stream.
        let mut out: Box<dyn Write> = Box::new(out);
        if let Some(keys) = keys {
            out = Box::new(Page::new(out, Box::new(keys), colours));
        }
        Box::new(Screen::new(out, colours, columns))
    }
}
