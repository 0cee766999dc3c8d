//! Stops a long report at each screenful, since a pod has no `less`.
//!
//! Counts rows as the terminal will draw them, wrapped ones included, and never holds the report:
//! what has gone by is gone. Only a search keeps what it skips, up to a bound, and shows it after
//! all when nothing matches. Leaving the report is a broken pipe to whoever writes it.

use std::io::{self, Write};

use unicode_width::UnicodeWidthChar;

use super::style;
use super::tty::{Key, Keys, Size};
use crate::interrupt;

const HINT: &str = "-- more --  space: next page  enter: next line  /: search  q: quit";
const TAB: usize = 8;
/// Bytes that a search skips at most before it gives up.
const MOST_SKIPPED: usize = 4 * 1024 * 1024;

/// A writer for sanitised text that waits for a key when the screen is full.
pub(crate) struct Page<W: Write> {
    out: W,
    keys: Box<dyn Keys>,
    /// Whether the hint may be told apart by its look.
    colours: bool,
    columns: usize,
    /// Complete rows since the last stop.
    row: usize,
    /// Rows to show before the next stop.
    allowed: usize,
    /// Cells in the row that is being drawn.
    column: usize,
    in_escape: bool,
    search: Option<Search>,
    /// The last thing searched for; `/` and enter searches it again.
    needle: String,
    /// Said in front of the next hint.
    notice: String,
    left: bool,
}

/// What a search has skipped so far.
struct Search {
    /// Everything, colours included.
    skipped: Vec<u8>,
    lines: usize,
    /// Where the line that is being read begins in `skipped`.
    line: usize,
    /// That line as it reads.
    text: String,
}

impl<W: Write> Page<W> {
    /// Pages what is written to `out`, or does nothing where the height of the screen is unknown.
    pub(crate) fn new(out: W, keys: Box<dyn Keys>, colours: bool) -> Self {
        let mut page = Page {
            out,
            keys,
            colours,
            columns: 0,
            row: 0,
            allowed: 0,
            column: 0,
            in_escape: false,
            search: None,
            needle: String::new(),
            notice: String::new(),
            left: false,
        };
        page.turn();
        page
    }

    /// Allows another screenful, of the size the screen has now.
    fn turn(&mut self) {
        let Size { rows, columns } = self.keys.size();
        self.row = 0;
        self.columns = columns;
        self.allowed = match rows {
            0 => usize::MAX,
            rows => (rows - 1).max(1), // the last one is for the hint
        };
    }

    /// Draws a sanitised text, colours included.
    fn draw(&mut self, text: &str) -> io::Result<()> {
        let mut drawn = 0;
        for (at, c) in text.char_indices() {
            if self.search.is_some() {
                return self.skip(&text[at..]);
            }
            if self.in_escape {
                self.in_escape = c != 'm';
                continue;
            }
            let width = c.width().unwrap_or(0);
            let wraps = self.columns > 0 && c != '\n' && self.column + width > self.columns;
            if wraps {
                self.row += 1;
                self.column = 0;
            }
            if self.row >= self.allowed {
                self.out.write_all(&text.as_bytes()[drawn..at])?;
                drawn = at;
                self.stop(wraps)?;
                if self.search.is_some() {
                    return self.skip(&text[at..]);
                }
            }
            match c {
                '\x1b' => self.in_escape = true,
                '\n' => {
                    self.row += 1;
                    self.column = 0;
                }
                '\t' => {
                    let next = self.column + TAB - self.column % TAB;
                    self.column = match self.columns {
                        0 => next,
                        columns => next.min(columns - 1), // a tab never wraps
                    };
                }
                _ => self.column += width,
            }
        }
        self.out.write_all(&text.as_bytes()[drawn..])
    }

    /// Waits until the reader wants more; `wrapped` in the middle of a line.
    fn stop(&mut self, wrapped: bool) -> io::Result<()> {
        if wrapped {
            self.out.write_all(b"\n")?;
        }
        self.keys.listen();
        // A Ctrl-C from before that would not be heard as a key.
        let answer = match interrupt::check() {
            Ok(()) => self.wait(),
            Err(_) => Err(left()),
        };
        self.keys.rest();
        self.left = answer.is_err();
        answer
    }

    fn wait(&mut self) -> io::Result<()> {
        loop {
            self.hint()?;
            let key = self.keys.next();
            self.out.write_all(b"\r\x1b[K")?;
            match key {
                Key::Char(' ' | 'f') | Key::PageDown => {
                    self.turn();
                    return Ok(());
                }
                Key::Enter | Key::Down | Key::Char('j') => {
                    self.turn();
                    self.allowed = 1.min(self.allowed);
                    return Ok(());
                }
                Key::Char('/') if self.ask()? => return Ok(()),
                Key::Char('q' | 'Q') | Key::Leave => {
                    self.out.flush()?;
                    return Err(left());
                }
                _ => {} // any other key: the hint says which ones there are
            }
        }
    }

    fn hint(&mut self) -> io::Result<()> {
        let mut hint = std::mem::take(&mut self.notice);
        hint.push_str(HINT);
        self.bottom(&hint)
    }

    /// Draws a line at the bottom that never wraps.
    fn bottom(&mut self, text: &str) -> io::Result<()> {
        let room = match self.keys.size().columns {
            0 => usize::MAX,
            columns => columns - 1,
        };
        let mut cells = 0;
        let fits = |c: &char| {
            cells += c.width().unwrap_or(0);
            cells <= room
        };
        let shown: String = text.chars().take_while(fits).collect();
        match self.colours {
            true => write!(self.out, "\r\x1b[K{}", style::hint_bar().paint(shown))?,
            false => write!(self.out, "\r\x1b[K{shown}")?,
        }
        self.out.flush()
    }

    /// Reads what to search for; false where the reader thinks better of it.
    fn ask(&mut self) -> io::Result<bool> {
        let mut typed = String::new();
        let go = loop {
            self.bottom(&format!("/{typed}"))?;
            match self.keys.next() {
                Key::Char(c) => typed.push(c),
                Key::Backspace if typed.pop().is_none() => break false,
                Key::Enter => break true,
                Key::Leave => break false,
                _ => {} // other keys neither write nor end
            }
        };
        self.out.write_all(b"\r\x1b[K")?;
        if !typed.is_empty() {
            self.needle = typed;
        }
        if !go || self.needle.is_empty() {
            return Ok(false);
        }
        self.search = Some(Search {
            skipped: Vec::new(),
            lines: 0,
            line: 0,
            text: String::new(),
        });
        Ok(true)
    }

    /// Takes text that a search looks through.
    fn skip(&mut self, text: &str) -> io::Result<()> {
        for (at, c) in text.char_indices() {
            let Some(search) = &mut self.search else {
                return self.draw(&text[at..]);
            };
            let mut bytes = [0; 4];
            search
                .skipped
                .extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
            if self.in_escape || c == '\x1b' {
                self.in_escape = c != 'm';
            } else if c != '\n' {
                search.text.push(c);
            } else if holds(&search.text, &self.needle) {
                self.found()?;
            } else if search.skipped.len() > MOST_SKIPPED {
                self.give_up()?;
            } else {
                search.text.clear();
                search.line = search.skipped.len();
                search.lines += 1;
            }
        }
        Ok(())
    }

    /// Goes on with the line that matched, at the top of a new screenful.
    fn found(&mut self) -> io::Result<()> {
        let Some(search) = self.search.take() else {
            return Ok(());
        };
        self.turn();
        self.column = 0;
        if search.lines > 0 {
            let lines = if search.lines == 1 { "line" } else { "lines" };
            self.draw(&format!("... {} {lines} skipped ...\n", search.lines))?;
        }
        let line = search.skipped.get(search.line..).unwrap_or_default();
        self.draw(&String::from_utf8_lossy(line))
    }

    /// Goes on where the search began.
    fn give_up(&mut self) -> io::Result<()> {
        let Some(search) = self.search.take() else {
            return Ok(());
        };
        self.in_escape = false;
        self.notice = format!("not found: {}  ", self.needle);
        self.draw(&String::from_utf8_lossy(&search.skipped))
    }
}

impl<W: Write> Write for Page<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left {
            return Err(left());
        }
        self.draw(&String::from_utf8_lossy(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> Drop for Page<W> {
    fn drop(&mut self) {
        // The reader may leave here too; nobody is left to be told.
        self.give_up().and_then(|()| self.out.flush()).ok();
    }
}

fn left() -> io::Error {
    io::Error::from(io::ErrorKind::BrokenPipe)
}

/// Whether a line holds the needle; a needle without capitals ignores case.
fn holds(line: &str, needle: &str) -> bool {
    if needle.chars().any(char::is_uppercase) {
        line.contains(needle)
    } else {
        line.to_lowercase().contains(needle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Answers with the keys given, then leaves.
    struct Script {
        keys: std::vec::IntoIter<Key>,
        sizes: Vec<Size>,
    }

    impl Keys for Script {
        fn listen(&mut self) {}

        fn rest(&mut self) {}

        fn next(&mut self) -> Key {
            if self.sizes.len() > 1 {
                self.sizes.remove(0);
            }
            self.keys.next().unwrap_or(Key::Leave)
        }

        fn size(&self) -> Size {
            self.sizes[0]
        }
    }

    /// What is on the paper after `text` has passed a screen of this size with these keys; each hint
    /// reads `[hint]`, and `[left]` stands where the writer was turned away.
    fn paged(sizes: &[(usize, usize)], keys: &str, text: &str) -> String {
        let keys: Vec<Key> = keys
            .chars()
            .map(|c| match c {
                '\n' => Key::Enter,
                '\x03' => Key::Leave,
                '\x7f' => Key::Backspace,
                c => Key::Char(c),
            })
            .collect();
        let size = |&(rows, columns): &(usize, usize)| Size { rows, columns };
        let script = Script {
            keys: keys.into_iter(),
            sizes: sizes.iter().map(size).collect(),
        };
        let paper = Rc::new(RefCell::new(Vec::new()));
        let mut page = Page::new(Paper(Rc::clone(&paper)), Box::new(script), true);
        let written = page.write_all(text.as_bytes());
        drop(page);
        let mut shown = String::from_utf8(paper.borrow().clone()).expect("pages are UTF-8");
        if written.is_err() {
            shown.push_str("[left]");
        }
        let hint = format!("\r\x1b[K\x1b[7m{HINT}\x1b[0m");
        shown.replace(&hint, "[hint]").replace("\r\x1b[K", "")
    }

    struct Paper(Rc<RefCell<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_report_that_fits_is_not_stopped() {
        assert_eq!(paged(&[(4, 80)], "", "1\n2\n3\n"), "1\n2\n3\n");
    }

    #[test]
    fn space_turns_the_page_and_enter_shows_a_line() {
        assert_eq!(
            paged(&[(3, 80)], " \n\n", "1\n2\n3\n4\n5\n6\n7\n"),
            "1\n2\n[hint]3\n4\n[hint]5\n[hint]6\n[hint][left]"
        );
    }

    #[test]
    fn q_and_ctrl_c_leave_and_other_keys_do_nothing() {
        for keys in ["q", "Q", "xq", "\x03"] {
            let shown = paged(&[(3, 80)], keys, "1\n2\n3\n4\n");
            assert!(shown.starts_with("1\n2\n[hint]"), "{shown}");
            assert!(shown.ends_with("[hint][left]"), "{shown}");
            assert!(!shown.contains('3'), "{shown}");
        }
    }

    #[test]
    fn a_long_line_counts_as_the_rows_it_takes() {
        assert_eq!(
            paged(
                &[(4, 71)],
                " ",
                &format!("{}\nend\nmore\n", "x".repeat(72 + 71))
            ),
            format!("{}[hint]end\nmore\n", "x".repeat(71 * 2 + 1) + "\n")
        );
    }

    #[test]
    fn a_line_longer_than_the_screen_stops_in_its_middle() {
        let line = "x".repeat(3 * 71);
        assert_eq!(
            paged(&[(3, 71)], " ", &format!("{line}\n")),
            format!("{}\n[hint]{}\n", &line[..142], &line[142..])
        );
    }

    #[test]
    fn wide_characters_and_colours_are_counted_as_drawn() {
        let red = "\x1b[1;31m日本\x1b[0m";
        let text = format!("{red}\n{red}\n{red}\n");
        assert_eq!(paged(&[(4, 4)], "", &text), text);
        assert!(paged(&[(4, 3)], "", &text).contains("[left]"));
    }

    #[test]
    fn a_colour_begins_after_the_stop_that_comes_before_it() {
        let shown = paged(&[(2, 80)], " ", "1\n\x1b[36m2\x1b[0m\n");
        assert_eq!(shown, "1\n[hint]\x1b[36m2\x1b[0m\n");
    }

    #[test]
    fn a_screen_of_unknown_size_is_never_full() {
        let text = "x\n".repeat(500);
        assert_eq!(paged(&[(0, 0)], "", &text), text);
        assert_eq!(paged(&[(0, 80)], "", &text), text);
    }

    #[test]
    fn without_columns_every_line_is_a_row() {
        let shown = paged(&[(3, 0)], " ", &format!("{}\n2\n3\n4\n", "x".repeat(500)));
        assert_eq!(shown, format!("{}\n2\n[hint]3\n4\n", "x".repeat(500)));
    }

    #[test]
    fn a_screen_of_one_row_still_turns() {
        assert_eq!(
            paged(&[(1, 80)], "  ", "1\n2\n3\n"),
            "1\n[hint]2\n[hint]3\n"
        );
    }

    #[test]
    fn the_size_is_asked_anew_at_each_stop() {
        assert_eq!(
            paged(&[(3, 80), (5, 80)], " ", "1\n2\n3\n4\n5\n6\n7\n"),
            "1\n2\n[hint]3\n4\n5\n6\n[hint][left]"
        );
    }

    #[test]
    fn a_search_goes_on_at_the_line_that_matches() {
        let shown = paged(&[(3, 80)], "/six\n", "1\n2\n3\n4\n5\nSix\n7\n8\n");
        assert!(
            shown.contains("... 3 lines skipped ...\nSix\n[hint]"),
            "{shown:?}"
        );
        let shown = paged(&[(3, 80)], "/Six\n", "1\n2\nsix\n4\nSix\n");
        assert!(
            shown.ends_with("... 2 lines skipped ...\nSix\n"),
            "{shown:?}"
        );
    }

    #[test]
    fn a_search_reads_the_words_and_not_the_colours() {
        let shown = paged(&[(3, 80)], "/main.b\n", "1\n2\n3\n\x1b[36mmain\x1b[0m.b\n");
        assert!(
            shown.ends_with("... 1 line skipped ...\n\x1b[36mmain\x1b[0m.b\n"),
            "{shown:?}"
        );
        let shown = paged(&[(3, 80)], "/36m\n ", "1\n2\n\x1b[36mx\x1b[0m\n");
        assert!(shown.contains("not found: 36m"), "{shown:?}");
    }

    #[test]
    fn a_search_without_a_match_loses_nothing() {
        let shown = paged(&[(3, 80)], "/nine\n ", "1\n2\n3\n4\n");
        assert!(shown.contains("not found: nine"), "{shown:?}");
        assert!(shown.ends_with("3\n4\n"), "{shown:?}");
    }

    #[test]
    fn the_last_search_is_repeated_by_an_empty_one() {
        let shown = paged(&[(3, 80)], "/x\n/\n", "1\n2\n3\nx1\n5\n6\nx2\n");
        assert!(
            shown.ends_with("... 2 lines skipped ...\nx2\n"),
            "{shown:?}"
        );
    }

    #[test]
    fn a_search_can_be_taken_back() {
        let shown = paged(&[(3, 80)], "/ab\x7f\x7f\x7f ", "1\n2\n3\n4\n");
        assert!(shown.ends_with("3\n4\n"), "{shown:?}");
    }

    #[test]
    fn the_hint_never_wraps() {
        let shown = paged(&[(3, 20)], "q", "1\n2\n3\n");
        assert!(
            shown.contains("\x1b[7m-- more --  space: \x1b[0m"),
            "{shown:?}"
        );
    }
}
