//! `text/tabwriter` of Go with the one setting pprof uses: no minimum width, padding 1, blanks, right-aligned.
//!
//! A tab ends a cell; the last cell of a line belongs to no column. A column is a run of lines that have
//! that cell: a line without it ends the column, and the next run gets a width of its own. `\xff` brackets
//! text whose tabs and newlines are plain, `\v` ends a cell as a tab does, `\f` is a newline that ends every column.

use super::fmt::rune_count;

const ESCAPE: u8 = 0xff;
const PADDING: usize = 1;

/// The text with every cell but the last of each line padded on the left to its column's width.
pub(crate) fn align_right(text: &[u8]) -> Vec<u8> {
    let cells = split_cells(text);
    let widths = column_widths(&cells);
    let mut out = Vec::with_capacity(text.len() * 2);
    for (cell, width) in cells.iter().zip(widths) {
        let padding = width.saturating_sub(cell.width);
        out.resize(out.len() + padding, b' ');
        out.extend_from_slice(cell.text);
        if matches!(cell.end, End::Line | End::Page) {
            out.push(b'\n');
        }
    }
    out
}

struct Cell<'a> {
    text: &'a [u8],
    /// In runes.
    width: usize,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Cell,
    Line,
    /// A form feed: a line end that also ends all columns.
    Page,
    Text,
}

fn split_cells(text: &[u8]) -> Vec<Cell<'_>> {
    let mut cells = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    let mut brackets = 0;
    for (at, &byte) in text.iter().enumerate() {
        if byte == ESCAPE {
            escaped = !escaped;
            brackets += 1;
            continue;
        }
        let end = match byte {
            b'\t' | 0x0b => End::Cell,
            b'\n' => End::Line,
            0x0c => End::Page,
            _ => continue,
        };
        if !escaped {
            cells.push(cell(&text[start..at], brackets, end));
            (start, brackets) = (at + 1, 0);
        }
    }
    match cells.last_mut() {
        // Text that ends in a tab has no empty cell behind it: the one before is the line's last.
        Some(last) if start == text.len() && last.end == End::Cell => last.end = End::Text,
        _ => cells.push(cell(&text[start..], brackets, End::Text)),
    }
    cells
}

fn cell(text: &[u8], brackets: usize, end: End) -> Cell<'_> {
    // The brackets are printed but have no width.
    let width = rune_count(text).saturating_sub(brackets);
    Cell { text, width, end }
}

/// For each cell the width of its column, 0 for the last cell of a line.
fn column_widths(cells: &[Cell<'_>]) -> Vec<usize> {
    let mut widths = vec![0; cells.len()];
    // The cells of the columns still open, leftmost column first.
    let mut open: Vec<Vec<usize>> = Vec::new();
    let mut column = 0;
    for (at, cell) in cells.iter().enumerate() {
        if cell.end == End::Cell {
            match open.get_mut(column) {
                Some(members) => members.push(at),
                None => open.push(vec![at]),
            }
            column += 1;
            continue;
        }
        let still_open = if cell.end == End::Page { 0 } else { column };
        close(open.drain(still_open..), cells, &mut widths);
        column = 0;
    }
    close(open.drain(..), cells, &mut widths);
    widths
}

fn close(columns: impl Iterator<Item = Vec<usize>>, cells: &[Cell<'_>], widths: &mut [usize]) {
    for members in columns {
        let widest = members.iter().map(|&at| cells[at].width).max().unwrap_or(0);
        for at in members {
            widths[at] = widest + PADDING;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::table::rows;

    #[test]
    fn columns_are_aligned_as_go_does() {
        for row in rows(include_str!("../../tests/data/tables/tabwriter.txt")) {
            assert_eq!(
                align_right(&row[0]).escape_ascii().to_string(),
                row[1].escape_ascii().to_string(),
                "{}",
                row[0].escape_ascii()
            );
        }
    }
}
