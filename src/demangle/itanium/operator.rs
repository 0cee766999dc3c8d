//! Operators: their codes, and how many operands they take in an expression.

use super::{Id, Kind, Parser};

/// Where an operator stands: as the name of a function, or between its operands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Name,
    Expression,
}

/// code, text, operands
const OPERATORS: [(&[u8; 2], &str, u8); 74] = [
    (b"aN", "&=", 2),
    (b"aS", "=", 2),
    (b"aa", "&&", 2),
    (b"ad", "&", 1),
    (b"an", "&", 2),
    (b"at", "alignof ", 1),
    (b"aw", "co_await ", 1),
    (b"az", "alignof ", 1),
    (b"cc", "const_cast", 2),
    (b"cl", "()", 2),
    (b"cm", ",", 2),
    (b"co", "~", 1),
    (b"cp", "()", 2),
    (b"dV", "/=", 2),
    (b"da", "delete[] ", 1),
    (b"dc", "dynamic_cast", 2),
    (b"de", "*", 1),
    (b"di", "=", 2),
    (b"dx", "]=", 2),
    (b"dX", "[...]=", 3),
    (b"dl", "delete ", 1),
    (b"ds", ".*", 2),
    (b"dt", ".", 2),
    (b"dv", "/", 2),
    (b"eO", "^=", 2),
    (b"eo", "^", 2),
    (b"eq", "==", 2),
    (b"fL", "...", 3),
    (b"fR", "...", 3),
    (b"fl", "...", 2),
    (b"fr", "...", 2),
    (b"ge", ">=", 2),
    (b"gs", "::", 1),
    (b"gt", ">", 2),
    (b"ix", "[]", 2),
    (b"lS", "<<=", 2),
    (b"le", "<=", 2),
    (b"li", "operator\"\" ", 1),
    (b"ls", "<<", 2),
    (b"lt", "<", 2),
    (b"mI", "-=", 2),
    (b"mL", "*=", 2),
    (b"mi", "-", 2),
    (b"ml", "*", 2),
    (b"mm", "--", 1),
    (b"na", "new[]", 3),
    (b"ne", "!=", 2),
    (b"ng", "-", 1),
    (b"nt", "!", 1),
    (b"nw", "new", 3),
    (b"nx", "noexcept", 1),
    (b"oR", "|=", 2),
    (b"oo", "||", 2),
    (b"or", "|", 2),
    (b"pL", "+=", 2),
    (b"pl", "+", 2),
    (b"pm", "->*", 2),
    (b"pp", "++", 1),
    (b"ps", "+", 1),
    (b"pt", "->", 2),
    (b"qu", "?", 3),
    (b"rM", "%=", 2),
    (b"rS", ">>=", 2),
    (b"rc", "reinterpret_cast", 2),
    (b"rm", "%", 2),
    (b"rs", ">>", 2),
    (b"sc", "static_cast", 2),
    (b"ss", "<=>", 2),
    (b"st", "sizeof ", 1),
    (b"sz", "sizeof ", 1),
    (b"te", "typeid ", 1),
    (b"ti", "typeid ", 1),
    (b"tr", "throw", 0),
    (b"tw", "throw ", 1),
];

impl Parser<'_> {
    /// An operator as a name or in an expression.
    pub(super) fn operator_name(&mut self, place: Place) -> Option<Id> {
        Some(self.operator(place)?.0)
    }

    /// An operator and its number of operands.
    pub(super) fn operator(&mut self, place: Place) -> Option<(Id, u8)> {
        let code = *self.rest.first_chunk::<2>()?;
        self.rest = self.rest.get(2..)?;
        match code {
            [b'v', digit @ b'0'..=b'9'] => {
                let name = self.source_name()?;
                let text = self.nodes.get(name)?.text;
                Some((self.node(Kind::Operator, text, Vec::new())?, digit - b'0'))
            }
            [b'c', b'v'] => {
                let ty = match place {
                    Place::Expression => self.ty()?,
                    Place::Name => {
                        self.templates.push(None);
                        let ty = self.converted_type()?;
                        self.templates.pop();
                        ty
                    }
                };
                Some((self.node(Kind::Cast, b"", vec![ty])?, 1))
            }
            _ => {
                let (_, text, count) = OPERATORS.iter().find(|(known, _, _)| **known == code)?;
                let name = self.node(Kind::Operator, text.as_bytes(), Vec::new())?;
                if &code != b"li" || place == Place::Expression {
                    return Some((name, *count));
                }
                let suffix = self.source_name()?;
                Some((self.node(Kind::Unary, b"", vec![name, suffix])?, *count))
            }
        }
    }
}
