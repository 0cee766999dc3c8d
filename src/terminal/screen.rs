//! The one way by which text reaches a terminal: nothing passes that could steer it.
//!
//! `write` never emits an escape character, whatever it is given; only a role does, for colour. A
//! role is a mark of trust too: under `Name`, `Path` and `Tag` a newline is escaped, so that a symbol
//! cannot forge a row. Where the width is known a row is held back until its end, and names and paths
//! give up their middle when it is too long; a row that cannot fit anyway is passed on as it comes.

use std::borrow::Cow;
use std::io::{self, Write};

use unicode_width::UnicodeWidthChar;

use super::escape::{Author, Escaper, escape};
use super::style;
use crate::interrupt;
use crate::report::sink::{Role, Sink};

/// A shortened name keeps at least this many cells; narrower rows are not worth shortening.
const LEAST: usize = 8;
/// Held text longer than this loses its middle at once: no screen is that wide.
const LONGEST: usize = 256 * 1024;
const TAB: usize = 8;

/// A sink for terminals, over the bytes that really go there.
pub(crate) struct Screen<W: Write> {
    out: W,
    colours: bool,
    /// Cells in a row; none where unknown, or where rows are never shortened.
    columns: Option<usize>,
    role: Role,
    escaper: Escaper,
    /// The row so far, unless it is passing.
    held: Vec<Piece>,
    /// Whether this row can no longer be shortened.
    passing: bool,
    scratch: String,
}

/// A stretch of one role in the row that is held back.
struct Piece {
    role: Role,
    text: String,
    /// Cells of the whole text, also of what `text` has lost.
    cells: usize,
}

impl Piece {
    fn shrinks(&self) -> bool {
        matches!(self.role, Role::Name | Role::Path)
    }
}

impl<W: Write> Screen<W> {
    /// Shows text on `out`; `columns` is the width names are shortened to, if they are to be.
    pub(crate) fn new(out: W, colours: bool, columns: Option<usize>) -> Self {
        Screen {
            out,
            colours,
            columns: columns.filter(|&columns| columns > 0),
            role: Role::Text,
            escaper: Escaper::default(),
            held: Vec::new(),
            passing: false,
            scratch: String::new(),
        }
    }

    /// Shows everything that is held back, even half a character.
    #[cfg(test)]
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.close_character()?;
        self.flush()
    }

    /// Appends a sanitised text, which breaks lines only where the report does.
    fn show(&mut self, text: &str) -> io::Result<()> {
        for (at, piece) in text.split('\n').enumerate() {
            if at > 0 {
                self.end_row()?;
            }
            self.append(piece)?;
        }
        Ok(())
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let Some(columns) = self.columns.filter(|_| !self.passing) else {
            return self.paint(self.role, text);
        };
        let before: usize = self.held.iter().map(|piece| piece.cells).sum();
        let cells = cells_after(text, before);
        match self.held.last_mut().filter(|last| last.role == self.role) {
            Some(last) => {
                last.text.push_str(text);
                last.cells += cells;
            }
            None => self.held.push(Piece {
                role: self.role,
                text: text.to_string(),
                cells,
            }),
        }
        if let Some(last) = self
            .held
            .last_mut()
            .filter(|last| last.text.len() > LONGEST)
        {
            lose_middle(&mut last.text);
        }
        match fixed(&self.held) + LEAST > columns && before + cells > columns {
            true => self.pass(),
            false => Ok(()),
        }
    }

    /// Gives up holding this row back.
    fn pass(&mut self) -> io::Result<()> {
        self.passing = true;
        for piece in std::mem::take(&mut self.held) {
            self.paint(piece.role, &piece.text)?;
        }
        Ok(())
    }

    fn end_row(&mut self) -> io::Result<()> {
        if let Some(columns) = self.columns {
            shorten(&mut self.held, columns);
        }
        self.pass()?;
        self.passing = false;
        self.out.write_all(b"\n")?;
        // A slow terminal is where most of the time goes: Ctrl-C must not wait for the rest of the report.
        interrupt::check().map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn paint(&mut self, role: Role, text: &str) -> io::Result<()> {
        let style = style::of(role);
        if self.colours && !style.is_plain() {
            write!(self.out, "{}{text}{}", style.prefix(), style.suffix())
        } else {
            self.out.write_all(text.as_bytes())
        }
    }

    /// A character that is not complete when its role or the text ends never will be.
    fn close_character(&mut self) -> io::Result<()> {
        let mut shown = std::mem::take(&mut self.scratch);
        shown.clear();
        self.escaper.finish(&mut shown);
        let result = self.show(&shown);
        self.scratch = shown;
        result
    }
}

impl<W: Write> Write for Screen<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let author = match self.role {
            Role::Text | Role::Heading | Role::Source => Author::Report,
            // A number ends in a unit of the profile.
            Role::Number | Role::Hot | Role::Name | Role::Path | Role::Tag => Author::Stranger,
        };
        let mut shown = std::mem::take(&mut self.scratch);
        shown.clear();
        self.escaper.feed(bytes, author, &mut shown);
        let result = self.show(&shown);
        self.scratch = shown;
        result.map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.held.is_empty() {
            self.pass()?;
        }
        self.out.flush()
    }
}

impl<W: Write> Sink for Screen<W> {
    fn role(&mut self, role: Role) -> io::Result<()> {
        if role != self.role {
            self.close_character()?;
            self.role = role;
        }
        Ok(())
    }

    fn shown<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        Cow::Owned(escape(text).into_bytes())
    }
}

/// Cells that `text` takes when it begins in column `column`.
fn cells_after(text: &str, column: usize) -> usize {
    let end = text.chars().fold(column, |at, c| match c {
        '\t' => at + TAB - at % TAB,
        _ => at + c.width().unwrap_or(0),
    });
    end - column
}

fn fixed(row: &[Piece]) -> usize {
    let kept = row.iter().filter(|piece| !piece.shrinks());
    kept.map(|piece| piece.cells).sum()
}

/// Drops bytes from the middle until half of `LONGEST` is left.
fn lose_middle(text: &mut String) {
    let boundary = |at: &usize| text.is_char_boundary(*at);
    let from = (0..=LONGEST / 4).rev().find(boundary).unwrap_or(0);
    let to = (text.len() - LONGEST / 4..text.len()).find(boundary);
    let to = to.unwrap_or(text.len());
    text.replace_range(from..to, "");
}

/// Shortens the names of a row, the longest first, so that it fits where it can.
fn shorten(row: &mut [Piece], columns: usize) {
    let total: usize = row.iter().map(|piece| piece.cells).sum();
    let names: Vec<usize> = row
        .iter()
        .filter(|piece| piece.shrinks())
        .map(|piece| piece.cells)
        .collect();
    let room = columns.saturating_sub(fixed(row));
    if total <= columns || names.is_empty() {
        return;
    }
    let fits = |most: &usize| names.iter().map(|&cells| cells.min(*most)).sum::<usize>() <= room;
    let Some(most) = (LEAST..=room).rev().find(fits) else {
        return;
    };
    for piece in row
        .iter_mut()
        .filter(|piece| piece.shrinks() && piece.cells > most)
    {
        piece.text = without_middle(&piece.text, most);
        piece.cells = most;
    }
}

/// `text` in at most `most` cells.
pub(super) fn fit(text: String, most: usize) -> String {
    match cells_after(&text, 0) > most {
        true => without_middle(&text, most),
        false => text,
    }
}

/// The beginning and the end of `text` around a `…`, in at most `cells` cells.
fn without_middle(text: &str, cells: usize) -> String {
    let room = cells.saturating_sub(1);
    // Type and method, file and line stand at the end: it keeps most.
    let head = bytes_within(text.chars(), room / 4);
    let tail = bytes_within(text.chars().rev(), room - room / 4);
    format!("{}…{}", &text[..head], &text[text.len() - tail..])
}

/// Bytes of the characters that fit into `cells`.
fn bytes_within(characters: impl Iterator<Item = char>, cells: usize) -> usize {
    let mut left = cells;
    let mut bytes = 0;
    for c in characters {
        let width = c.width().unwrap_or(0);
        if width > left {
            break;
        }
        left -= width;
        bytes += c.len_utf8();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sink::put;

    /// What a terminal `columns` wide is sent for these pieces; a width of 0 is an unknown one.
    fn shown(columns: usize, colours: bool, pieces: &[(Role, &[u8])]) -> String {
        let mut bytes = Vec::new();
        let mut screen = Screen::new(&mut bytes, colours, Some(columns));
        for (role, piece) in pieces {
            put(&mut screen, *role, piece).expect("a vector takes all");
        }
        screen.finish().expect("a vector takes all");
        drop(screen);
        String::from_utf8(bytes).expect("a screen shows only UTF-8")
    }

    const ROLES: [Role; 8] = [
        Role::Text,
        Role::Heading,
        Role::Number,
        Role::Hot,
        Role::Name,
        Role::Path,
        Role::Tag,
        Role::Source,
    ];

    #[test]
    fn no_role_lets_a_control_byte_through() {
        for role in ROLES {
            for byte in (0..=u8::MAX).filter(|byte| !(0x20..0x7f).contains(byte)) {
                let out = shown(0, false, &[(role, &[b'a', byte, b'[', b'm'])]);
                let own = matches!(byte, b'\n' | b'\t')
                    && matches!(role, Role::Text | Role::Heading | Role::Source);
                assert_eq!(own, !out.contains('\\'), "{role:?} {byte:#x} {out:?}");
                let controls = out.chars().filter(|c| c.is_control()).count();
                assert_eq!(controls, usize::from(own), "{role:?} {byte:#x} {out:?}");
            }
        }
    }

    #[test]
    fn a_name_cannot_forge_a_row() {
        let row: [(Role, &[u8]); 2] = [(Role::Name, b"main.a\n 99% main.b"), (Role::Text, b"\n")];
        assert_eq!(shown(80, false, &row), "main.a\\n 99% main.b\n");
    }

    #[test]
    fn colours_are_the_only_escapes_and_close_themselves() {
        for role in ROLES {
            let out = shown(0, true, &[(role, b"x\x1b[31my"), (Role::Text, b"\n")]);
            let plain: String =
                out.split('\x1b')
                    .enumerate()
                    .fold(String::new(), |text, (at, part)| {
                        let sequence = part.find('m').filter(|_| at > 0).map_or(0, |end| end + 1);
                        text + &part[sequence..]
                    });
            assert_eq!(plain, "x\\x1b[31my\n", "{role:?}");
            assert!(out.matches("\x1b[").count().is_multiple_of(2), "{out:?}");
        }
        assert!(shown(0, true, &[(Role::Hot, b"x")]).starts_with("\x1b["));
    }

    #[test]
    fn without_colours_there_is_no_escape() {
        for role in ROLES {
            assert!(!shown(80, false, &[(role, b"x")]).contains('\x1b'));
        }
    }

    #[test]
    fn a_long_name_loses_its_middle_until_the_row_fits() {
        let row: [(Role, &[u8]); 4] = [
            (Role::Number, b"  1.50s "),
            (Role::Name, b"github.com/example/service.(*Worker).Run"),
            (Role::Text, b" (inline)"),
            (Role::Text, b"\n"),
        ];
        assert_eq!(
            shown(40, false, &row),
            "  1.50s githu\u{2026}ice.(*Worker).Run (inline)\n"
        );
        assert_eq!(cells_after(shown(40, false, &row).trim_end(), 0), 40);
        assert!(
            shown(0, false, &row).contains("service"),
            "an unknown width shortens nothing"
        );
        assert!(
            shown(57, false, &row).contains("service"),
            "a row that fits is left alone"
        );
    }

    #[test]
    fn width_counts_cells_and_not_characters() {
        let wide = "日本語日本語日本語日本語".as_bytes();
        let out = shown(16, false, &[(Role::Name, wide), (Role::Text, b"\n")]);
        assert_eq!(out, "日…日本語日本語\n");
        assert!(cells_after(out.trim_end(), 0) <= 16);
    }

    #[test]
    fn of_two_names_the_longer_gives_way() {
        let row: [(Role, &[u8]); 4] = [
            (Role::Name, b"main.short"),
            (Role::Text, b" in "),
            (Role::Path, b"/a/very/long/path/to/some/file.go"),
            (Role::Text, b"\n"),
        ];
        assert_eq!(
            shown(30, false, &row),
            "main.short in /a/\u{2026}some/file.go\n"
        );
    }

    #[test]
    fn a_row_that_cannot_fit_is_left_whole() {
        let row: [(Role, &[u8]); 3] = [
            (Role::Number, b"a row of numbers that fills it "),
            (Role::Name, b"main.main"),
            (Role::Text, b"\n"),
        ];
        assert_eq!(
            shown(20, false, &row),
            "a row of numbers that fills it main.main\n"
        );
    }

    #[test]
    fn a_row_starts_anew_after_one_that_was_passed_on() {
        let row: [(Role, &[u8]); 3] = [
            (Role::Text, b"a row of words that fills it\n"),
            (Role::Name, b"main.abcdefghijklmnopqrstuvwxyz"),
            (Role::Text, b"\n"),
        ];
        assert_eq!(
            shown(20, false, &row),
            "a row of words that fills it\nmain\u{2026}lmnopqrstuvwxyz\n"
        );
    }

    #[test]
    fn every_cut_across_writes_shows_the_same_row() {
        let name: &[u8] = b"m\xc3\xa4in.\xe6\x97\xa5\x1b]0;\xe2\x80\xae\xffabcdefghij";
        let whole = shown(24, true, &[(Role::Name, name), (Role::Text, b"\n")]);
        for cut in 0..=name.len() {
            let mut bytes = Vec::new();
            let mut screen = Screen::new(&mut bytes, true, Some(24));
            screen.role(Role::Name).expect("a vector takes all");
            screen.write_all(&name[..cut]).expect("a vector takes all");
            screen.write_all(&name[cut..]).expect("a vector takes all");
            put(&mut screen, Role::Text, b"\n").expect("a vector takes all");
            screen.finish().expect("a vector takes all");
            drop(screen);
            assert_eq!(String::from_utf8_lossy(&bytes), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_character_cut_off_by_the_end_is_shown_as_bytes() {
        assert_eq!(
            shown(0, false, &[(Role::Name, b"a\xe2\x80")]),
            "a\\xe2\\x80"
        );
        let halves: [(Role, &[u8]); 2] = [(Role::Name, b"\xc3"), (Role::Path, b"\xa4")];
        assert_eq!(shown(80, false, &halves), "\\xc3\\xa4");
    }

    #[test]
    fn a_name_of_megabytes_is_not_held_whole() {
        let huge = vec![b'x'; 3 * LONGEST];
        let mut bytes = Vec::new();
        let mut screen = Screen::new(&mut bytes, false, Some(80));
        screen.role(Role::Name).expect("a vector takes all");
        for _ in 0..4 {
            screen.write_all(&huge).expect("a vector takes all");
            assert!(screen.held.iter().all(|piece| piece.text.len() <= LONGEST));
        }
        put(&mut screen, Role::Text, b"\n").expect("a vector takes all");
        drop(screen);
        assert_eq!(bytes.len(), 79 + "…\n".len());
    }
}
