//! Names of Rust's second mangling (RFC 2603), printed as they are read.
//!
//! As pprof: template arguments that are not shown leave their brackets (`Vec<>`), numbers that are
//! too long for it stay hexadecimal, and the suffixes of clones are left away.

mod literal;
mod punycode;

use super::{MAX_NAME, Style};

/// How deep parts may stand in each other.
const MAX_DEPTH: u32 = 500;
/// How many parts a name may have, those it refers back to counted again.
const MAX_PARTS: u32 = 50_000;

/// The name behind `_R`.
pub(super) fn read(name: &[u8], style: Style) -> Option<Vec<u8>> {
    let name = name.split(|&byte| byte == b'.').next()?;
    let mut printer = Printer {
        name,
        at: 0,
        out: Vec::new(),
        quiet: false,
        generics: style != Style::Short,
        lifetimes: 0,
        depth: 0,
        parts: 0,
    };
    printer.path(Generics::OfValue)?;
    if !printer.rest().is_empty() {
        // The crate that made this instance of it.
        printer.quietly(|printer| printer.path(Generics::OfType))?;
    }
    printer.rest().is_empty().then_some(printer.out)
}

/// A decimal number, and what follows it.
// As pprof: no digits are a nought, so that the digits of two lengths in a row may be taken for one number.
pub(super) fn decimal(text: &[u8]) -> Option<(usize, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(count)?;
    let mut value = 0usize;
    for digit in digits {
        let digit = usize::from(digit - b'0');
        value = value.checked_mul(10)?.checked_add(digit)?;
    }
    (!text.is_empty()).then_some((value, rest))
}

/// Whether arguments are written `f::<T>` or `Type<T>`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Generics {
    OfValue,
    OfType,
}

struct Printer<'n> {
    /// The part of the name that may be read; what is referred back to ends where the reference stands.
    name: &'n [u8],
    at: usize,
    out: Vec<u8>,
    /// What is read now is not shown.
    quiet: bool,
    generics: bool,
    /// How many lifetimes are bound here.
    lifetimes: i64,
    depth: u32,
    parts: u32,
}

impl<'n> Printer<'n> {
    fn rest(&self) -> &'n [u8] {
        self.name.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn put(&mut self, text: impl AsRef<[u8]>) {
        if !self.quiet {
            self.out.extend_from_slice(text.as_ref());
        }
    }

    fn quietly(&mut self, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let before = std::mem::replace(&mut self.quiet, true);
        read(self)?;
        self.quiet = before;
        Some(())
    }

    /// One part of the name, inside the bounds.
    fn part<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.parts += 1;
        self.depth += 1;
        if self.parts > MAX_PARTS || self.depth > MAX_DEPTH || self.out.len() > MAX_NAME {
            return None;
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Elements up to the `E` behind them; the number of them.
    fn list(
        &mut self,
        between: &str,
        mut element: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<usize> {
        let mut count = 0;
        while !self.eat(b'E') {
            if count > 0 {
                self.put(between);
            }
            element(self)?;
            count += 1;
        }
        Some(count)
    }

    fn path(&mut self, generics: Generics) -> Option<()> {
        self.part(|printer| printer.path_part(generics))
    }

    fn path_part(&mut self, generics: Generics) -> Option<()> {
        let kind = self.next()?;
        match kind {
            b'C' => {
                let (_, name) = self.identifier()?;
                self.put(name);
            }
            b'M' | b'X' | b'Y' => {
                if kind != b'Y' {
                    // Where the impl stands is not shown.
                    self.quietly(|printer| {
                        printer.disambiguator()?;
                        printer.path(Generics::OfType)
                    })?;
                }
                self.put("<");
                self.ty()?;
                if kind != b'M' {
                    self.put(" as ");
                    self.path(Generics::OfType)?;
                }
                self.put(">");
            }
            b'N' => self.nested(generics)?,
            b'I' => {
                self.path(generics)?;
                if generics == Generics::OfValue {
                    self.put("::");
                }
                self.put("<");
                self.generic_arguments()?;
                self.put(">");
            }
            b'B' => self.back(|printer| printer.path(generics))?,
            _ => return None,
        }
        Some(())
    }

    /// `…::name`, or `…::{closure:name#0}` in the namespaces that compilers made up.
    fn nested(&mut self, generics: Generics) -> Option<()> {
        let namespace = self.next().filter(u8::is_ascii_alphabetic)?;
        self.path(generics)?;
        let (number, name) = self.identifier()?;
        if namespace.is_ascii_lowercase() {
            self.put("::");
            self.put(name);
            return Some(());
        }
        self.put("::{");
        match namespace {
            b'C' => self.put("closure"),
            b'S' => self.put("shim"),
            _ => self.put([namespace]),
        }
        if !name.is_empty() {
            self.put(":");
            self.put(name);
        }
        self.put(format!("#{number}}}"));
        Some(())
    }

    fn generic_arguments(&mut self) -> Option<()> {
        let arguments = |printer: &mut Self| {
            printer.list(", ", Self::generic_argument)?;
            Some(())
        };
        match self.generics {
            true => arguments(self),
            false => self.quietly(arguments),
        }
    }

    fn generic_argument(&mut self) -> Option<()> {
        if self.eat(b'L') {
            let lifetime = self.base_62()?;
            return self.lifetime(lifetime);
        }
        match self.eat(b'K') {
            true => self.constant(),
            false => self.ty(),
        }
    }

    fn ty(&mut self) -> Option<()> {
        self.part(Self::ty_part)
    }

    fn ty_part(&mut self) -> Option<()> {
        let kind = self.peek()?;
        if let Some(name) = basic(kind) {
            self.at += 1;
            self.put(name);
            return Some(());
        }
        if b"CMXYNI".contains(&kind) {
            return self.path(Generics::OfType);
        }
        self.at += 1;
        match kind {
            b'A' | b'S' => {
                self.put("[");
                self.ty()?;
                if kind == b'A' {
                    self.put("; ");
                    self.constant()?;
                }
                self.put("]");
            }
            b'T' => {
                self.put("(");
                let count = self.list(", ", Self::ty)?;
                self.put(if count == 1 { ",)" } else { ")" });
            }
            b'R' | b'Q' => {
                self.put("&");
                if self.eat(b'L') {
                    let lifetime = self.base_62()?;
                    if lifetime > 0 {
                        self.lifetime(lifetime)?;
                        self.put(" ");
                    }
                }
                self.put(if kind == b'Q' { "mut " } else { "" });
                self.ty()?;
            }
            b'P' | b'O' => {
                self.put(if kind == b'P' { "*const " } else { "*mut " });
                self.ty()?;
            }
            b'F' => self.binding(Self::function)?,
            b'D' => self.dynamic()?,
            b'B' => self.back(Self::ty)?,
            _ => return None,
        }
        Some(())
    }

    /// The lifetimes bound inside end with it.
    fn binding(&mut self, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let before = self.lifetimes;
        read(self)?;
        self.lifetimes = before;
        Some(())
    }

    /// `for<'a, 'b> `, where lifetimes are bound.
    fn binder(&mut self) -> Option<()> {
        if !self.eat(b'G') {
            return Some(());
        }
        let count = self.base_62()?.wrapping_add(1);
        // Each of them is meant to be used in what follows.
        let room = i64::try_from(self.rest().len()).ok()? - self.lifetimes;
        if count >= room {
            return None;
        }
        self.put("for<");
        for bound in 0..count {
            self.put(if bound > 0 { ", " } else { "" });
            self.lifetimes += 1;
            self.lifetime(1)?;
        }
        self.put("> ");
        Some(())
    }

    fn function(&mut self) -> Option<()> {
        self.binder()?;
        if self.eat(b'U') {
            self.put("unsafe ");
        }
        if self.eat(b'K') {
            self.put("extern \"");
            match self.eat(b'C') {
                true => self.put("C"),
                false if self.peek() == Some(b'u') => return None,
                false => {
                    let mut name = self.plain_identifier()?;
                    name.iter_mut()
                        .filter(|byte| **byte == b'_')
                        .for_each(|byte| *byte = b'-');
                    self.put(name);
                }
            }
            self.put("\" ");
        }
        self.put("fn(");
        self.list(", ", Self::ty)?;
        self.put(")");
        if !self.eat(b'u') {
            self.put(" -> ");
            self.ty()?;
        }
        Some(())
    }

    fn dynamic(&mut self) -> Option<()> {
        self.binding(|printer| {
            printer.put("dyn ");
            printer.binder()?;
            printer.list(" + ", Self::dynamic_trait)?;
            Some(())
        })?;
        if !self.eat(b'L') {
            return None;
        }
        let lifetime = self.base_62()?;
        if lifetime > 0 {
            if self.out.last() != Some(&b' ') {
                self.put(" ");
            }
            self.put("+ ");
            self.lifetime(lifetime)?;
        }
        Some(())
    }

    /// A trait, its associated types among its arguments.
    fn dynamic_trait(&mut self) -> Option<()> {
        let mut open = self.open_path()?;
        while self.eat(b'p') {
            self.put(if open { ", " } else { "<" });
            open = true;
            let name = self.plain_identifier()?;
            self.put(name);
            self.put(" = ");
            self.ty()?;
        }
        self.put(if open { ">" } else { "" });
        Some(())
    }

    /// A path whose arguments, if it has any, are not closed; whether it has.
    fn open_path(&mut self) -> Option<bool> {
        self.part(|printer| match printer.peek()? {
            b'I' => {
                printer.at += 1;
                printer.path(Generics::OfType)?;
                printer.put("<");
                printer.generic_arguments()?;
                Some(true)
            }
            b'B' => {
                printer.at += 1;
                printer.back(Self::open_path)
            }
            _ => printer.path(Generics::OfType).map(|()| false),
        })
    }

    fn lifetime(&mut self, lifetime: i64) -> Option<()> {
        let depth = self.lifetimes.wrapping_sub(lifetime);
        let letter = u8::try_from(depth).ok().filter(|depth| *depth < 26);
        match (lifetime, letter) {
            (0, _) => self.put("'_"),
            (_, Some(letter)) => self.put([b'\'', b'a' + letter]),
            _ if depth.is_negative() => return None,
            _ => self.put(format!("'z{}", depth - 25)),
        }
        Some(())
    }

    /// Reads again what stands earlier in the name; not where nothing is shown.
    fn back<T: Default>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let here = self.at.checked_sub(1)?;
        let there = self.base_62()?;
        if self.quiet {
            return Some(T::default());
        }
        // Nothing can be read from `here` on.
        let before = (self.name, self.at);
        self.name = self.name.get(..here)?;
        self.at = usize::try_from(there).ok()?;
        let part = read(self)?;
        (self.name, self.at) = before;
        Some(part)
    }

    /// `_` is 0, `0_` is 1.
    fn base_62(&mut self) -> Option<i64> {
        let mut value = 0i64;
        let mut first = true;
        loop {
            let digit = match self.next()? {
                b'_' if first => return Some(0),
                // As pprof: what is too large wraps.
                b'_' => return Some(value.wrapping_add(1)),
                digit @ b'0'..=b'9' => digit - b'0',
                digit @ b'a'..=b'z' => digit - b'a' + 10,
                digit @ b'A'..=b'Z' => digit - b'A' + 36,
                _ => return None,
            };
            value = value.wrapping_mul(62).wrapping_add(i64::from(digit));
            first = false;
        }
    }

    fn disambiguator(&mut self) -> Option<i64> {
        match self.eat(b's') {
            true => self.base_62().map(|number| number.wrapping_add(1)),
            false => Some(0),
        }
    }

    /// The number that tells it from others of its name, and the name.
    fn identifier(&mut self) -> Option<(i64, Vec<u8>)> {
        Some((self.disambiguator()?, self.plain_identifier()?))
    }

    fn plain_identifier(&mut self) -> Option<Vec<u8>> {
        let encoded = self.eat(b'u');
        let (length, rest) = decimal(self.rest())?;
        let rest = rest.strip_prefix(b"_").unwrap_or(rest);
        let (name, rest) = rest.split_at_checked(length)?;
        self.at = self.name.len() - rest.len();
        let sound = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if !name.iter().all(sound) {
            return None;
        }
        match encoded {
            true => punycode::decode(name),
            false => Some(name.to_vec()),
        }
    }
}

fn basic(kind: u8) -> Option<&'static str> {
    Some(match kind {
        b'a' => "i8",
        b'b' => "bool",
        b'c' => "char",
        b'd' => "f64",
        b'e' => "str",
        b'f' => "f32",
        b'h' => "u8",
        b'i' => "isize",
        b'j' => "usize",
        b'l' => "i32",
        b'm' => "u32",
        b'n' => "i128",
        b'o' => "u128",
        b'p' => "_",
        b's' => "i16",
        b't' => "u16",
        b'u' => "()",
        b'v' => "...",
        b'x' => "i64",
        b'y' => "u64",
        b'z' => "!",
        _ => return None,
    })
}
