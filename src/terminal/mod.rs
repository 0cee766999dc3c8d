//! Everything that knows of a terminal: what it may be shown, its colours, its size, its keys.

pub(crate) mod escape;
pub(crate) mod page;
pub(crate) mod screen;
pub(crate) mod style;
pub(crate) mod tty;
