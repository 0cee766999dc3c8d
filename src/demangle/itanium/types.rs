//! Types, and the lists of them that functions and templates take.

use super::{Id, Kind, Parser};

impl<'n> Parser<'n> {
    pub(super) fn ty(&mut self) -> Option<Id> {
        self.deeper(|parser| parser.qualified_type(false))
    }

    /// The type of a conversion: what follows it may be arguments of the type or of the operator.
    pub(super) fn converted_type(&mut self) -> Option<Id> {
        self.deeper(|parser| parser.qualified_type(true))
    }

    fn type_in(&mut self, conversion: bool) -> Option<Id> {
        match conversion {
            true => self.converted_type(),
            false => self.ty(),
        }
    }

    fn qualified_type(&mut self, conversion: bool) -> Option<Id> {
        let qualifiers = self.qualifiers()?;
        let of_function = !qualifiers.is_empty() && self.peek() == Some(b'F');
        let (ty, new) = match builtin(self.peek()?) {
            Some(name) => {
                self.next();
                (
                    self.node(Kind::Builtin, name.as_bytes(), Vec::new())?,
                    false,
                )
            }
            None => self.bare_type(conversion)?,
        };
        if new && !of_function {
            self.keep(ty);
        }
        if qualifiers.is_empty() {
            return Some(ty);
        }
        let mut children = vec![ty];
        children.extend(qualifiers);
        let ty = self.simple(Kind::Qualifiers, b"", children)?;
        Some(self.keep(ty))
    }

    /// A type without qualifiers, and whether it may be referred to later.
    fn bare_type(&mut self, conversion: bool) -> Option<(Id, bool)> {
        let rest = self.rest;
        let known = |ty: Id| Some((ty, true));
        match rest {
            [b'u', ..] => {
                self.next();
                let name = self.source_name()?;
                if !self.eat("I") {
                    return known(name);
                }
                let text = self.nodes.get(name)?.text;
                let base = self.ty()?;
                self.must("E")?;
                known(self.node(Kind::Call, text, vec![base])?)
            }
            [b'F', ..] => known(self.function_type()?),
            [b'N' | b'W' | b'Z' | b'0'..=b'9', ..] => known(self.name()?),
            [b'A', ..] => known(self.array(conversion)?),
            [b'M', ..] => {
                self.next();
                let class = self.ty()?;
                let member = self.type_in(conversion)?;
                known(self.node(Kind::Member, b"", vec![class, member])?)
            }
            [b'T', kind @ (b's' | b'u' | b'e'), ..] => {
                self.rest = rest.get(2..)?;
                let name = self.name()?;
                let text: &[u8] = match kind {
                    b's' => b"struct ",
                    b'u' => b"union ",
                    _ => b"enum ",
                };
                known(self.node(Kind::Prefix, text, vec![name])?)
            }
            [b'T', ..] => {
                let param = self.template_param()?;
                match (self.peek(), conversion) {
                    (Some(b'I'), false) => {
                        self.keep(param);
                        known(self.template(param)?)
                    }
                    (Some(b'I'), true) => known(self.converted_template(param, true)?),
                    _ => known(param),
                }
            }
            [b'S', ..] => self.named_before(conversion),
            [kind @ (b'O' | b'P' | b'R' | b'C' | b'G'), ..] => {
                self.next();
                let base = self.type_in(conversion)?;
                let (kind, text): (Kind, &[u8]) = match kind {
                    b'O' => (Kind::Rvalue, b""),
                    b'P' => (Kind::Pointer, b""),
                    b'R' => (Kind::Reference, b""),
                    b'C' => (Kind::Suffix, b" _Complex"),
                    _ => (Kind::Suffix, b" _Imaginary"),
                };
                known(self.simple(kind, text, vec![base])?)
            }
            [b'U', b'l', ..] => Some((self.lambda()?, false)),
            [b'U', b't', ..] => Some((self.unnamed_type()?, false)),
            [b'U', ..] => {
                self.next();
                let mut qualifier = self.source_name()?;
                if self.peek() == Some(b'I') {
                    qualifier = self.template(qualifier)?;
                }
                let base = self.type_in(conversion)?;
                known(self.node(Kind::Vendor, b"", vec![base, qualifier])?)
            }
            [b'D', kind, ..] => {
                self.rest = rest.get(2..)?;
                self.type_of_d(*kind, conversion)
            }
            _ => None,
        }
    }

    /// `S…`: a name in `std`, or a part that was met before.
    fn named_before(&mut self, conversion: bool) -> Option<(Id, bool)> {
        let second = self.rest.get(1)?;
        if !(second.is_ascii_digit() || second.is_ascii_uppercase() || *second == b'_') {
            let abbreviated = *second != b't';
            let name = self.name()?;
            let alone = self.kind(name)? == Kind::Qualified && abbreviated;
            return Some((name, !alone));
        }
        let mut name = self.met_before()?;
        if self.kind(name)? == Kind::Module {
            name = self.unqualified_name(Some(name))?;
            self.keep(name);
        }
        if self.peek() != Some(b'I') {
            return Some((name, false));
        }
        if conversion && self.kind(name)? == Kind::Param {
            let ty = self.converted_template(name, false)?;
            return Some((ty, ty != name));
        }
        Some((self.template(name)?, true))
    }

    /// Arguments belong to the type only if more arguments, those of the operator, follow.
    fn converted_template(&mut self, param: Id, new: bool) -> Option<Id> {
        let (rest, known, depth) = (self.rest, self.known.len(), self.depth);
        let (templates, lambda) = (self.templates.clone(), self.lambda);
        let arguments = self.template_arguments();
        if let Some(arguments) = arguments.filter(|_| self.peek() == Some(b'I')) {
            if new {
                self.keep(param);
            }
            let mut children = vec![param];
            children.extend(arguments);
            return self.node(Kind::Template, b"", children);
        }
        self.known.truncate(known);
        (self.rest, self.depth, self.templates, self.lambda) = (rest, depth, templates, lambda);
        Some(param)
    }

    fn type_of_d(&mut self, kind: u8, conversion: bool) -> Option<(Id, bool)> {
        let plain = |parser: &mut Self, text: &'static str| {
            Some((
                parser.node(Kind::Builtin, text.as_bytes(), Vec::new())?,
                false,
            ))
        };
        match kind {
            b'T' | b't' => {
                let expression = self.expression()?;
                self.must("E")?;
                Some((self.node(Kind::Call, b"decltype ", vec![expression])?, true))
            }
            b'p' => {
                let pattern = self.type_in(conversion)?;
                Some((self.expanded(pattern)?, true))
            }
            b'a' => Some((self.leaf(b"auto")?, false)),
            b'c' => Some((self.leaf(b"decltype(auto)")?, false)),
            b'f' => plain(self, "decimal32"),
            b'd' => plain(self, "decimal64"),
            b'e' => plain(self, "decimal128"),
            b'h' => plain(self, "half"),
            b'u' => plain(self, "char8_t"),
            b's' => plain(self, "char16_t"),
            b'i' => plain(self, "char32_t"),
            b'n' => plain(self, "decltype(nullptr)"),
            b'F' => {
                let bits = match self.at_digit() {
                    true => usize::try_from(self.number()?).ok()?,
                    false => 0,
                };
                match self.eat("_") {
                    true if bits == 0 => None,
                    true => Some((
                        self.numbered(Kind::FloatBits, b"", bits, Vec::new())?,
                        false,
                    )),
                    false => Some((self.fixed(bits, conversion)?, false)),
                }
            }
            b'k' | b'K' => {
                let concept = self.name()?;
                let text: &[u8] = match kind {
                    b'k' => b" auto",
                    _ => b" decltype(auto)",
                };
                Some((self.node(Kind::Suffix, text, vec![concept])?, false))
            }
            b'v' => {
                let dimension = match self.eat("_") {
                    true => self.expression()?,
                    false => self.digits()?,
                };
                self.must("_")?;
                let element = self.type_in(conversion)?;
                Some((
                    self.node(Kind::Vector, b"", vec![dimension, element])?,
                    true,
                ))
            }
            b'B' | b'U' => {
                let bits = match self.at_digit() {
                    true => self.digits()?,
                    false => self.expression()?,
                };
                self.must("_")?;
                let text: &[u8] = match kind {
                    b'B' => b"_BitInt",
                    _ => b"unsigned _BitInt",
                };
                Some((self.node(Kind::Call, text, vec![bits])?, false))
            }
            _ => None,
        }
    }

    /// A number with a fixed point. As pprof: one with a width is said to be an `_Accum`.
    fn fixed(&mut self, bits: usize, conversion: bool) -> Option<Id> {
        let base = self.type_in(conversion)?;
        if self.at_digit() {
            self.number()?;
        }
        let text: &[u8] = match self.next() {
            Some(b's') => b"_Sat ",
            _ => b"",
        };
        self.numbered(Kind::Fixed, text, usize::from(bits > 0), vec![base])
    }

    /// A number as it is written.
    fn digits(&mut self) -> Option<Id> {
        let count = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        self.leaf(digits)
    }

    fn array(&mut self, conversion: bool) -> Option<Id> {
        self.must("A")?;
        let dimension = match self.peek()? {
            b'_' => self.leaf(b"")?,
            b'0'..=b'9' => self.digits()?,
            _ => self.expression()?,
        };
        self.must("_")?;
        let element = self.type_in(conversion)?;
        self.simple(Kind::Array, b"", vec![dimension, element])
    }

    fn function_type(&mut self) -> Option<Id> {
        self.must("F")?;
        self.eat("Y");
        let ty = self.signature(true, false)?;
        let reference = self.reference_qualifier();
        self.must("E")?;
        match reference {
            [] => Some(ty),
            _ => self.node(Kind::Method, reference, vec![ty]),
        }
    }

    /// What a function returns, where that is told, and takes.
    pub(super) fn signature(&mut self, returning: bool, explicit: bool) -> Option<Id> {
        let returning = self.eat("J") || returning;
        let mut children = Vec::new();
        if returning {
            children.push(self.ty()?);
        }
        children.extend(self.parameters(explicit)?);
        let kind = if returning {
            Kind::Returning
        } else {
            Kind::Function
        };
        self.node(kind, b"", children)
    }

    /// The type of the function around a local name, of which only the parameters may be shown.
    pub(super) fn enclosing(&mut self, ty: Id) -> Option<Id> {
        let node = self.nodes.get(ty)?.clone();
        let shown = usize::from(node.kind == Kind::Returning);
        let children = node.children.get(shown..)?.to_vec();
        self.node(Kind::Enclosing, b"", children)
    }

    /// Parameters up to what ends them; `void` alone is none. The first may be the object of the call.
    pub(super) fn parameters(&mut self, explicit: bool) -> Option<Vec<Id>> {
        let mut parameters = Vec::new();
        while !matches!(
            self.rest,
            [] | [b'E' | b'.' | b'Q', ..] | [b'R' | b'O', b'E', ..]
        ) {
            let mut parameter = self.ty()?;
            if explicit && parameters.is_empty() {
                parameter = self.node(Kind::Prefix, b"this ", vec![parameter])?;
            }
            parameters.push(parameter);
        }
        let is_void = |id: Id| {
            let node = self.nodes.get(id);
            node.is_some_and(|node| node.kind == Kind::Builtin && node.text == b"void")
        };
        match parameters[..] {
            [] => None,
            [only] if is_void(only) => Some(Vec::new()),
            [..] => Some(parameters),
        }
    }

    pub(super) fn template_arguments(&mut self) -> Option<Vec<Id>> {
        matches!(self.next()?, b'I' | b'J').then_some(())?;
        self.arguments_to_end()
    }

    pub(super) fn arguments_to_end(&mut self) -> Option<Vec<Id>> {
        let mut arguments = Vec::new();
        while !self.eat("E") {
            let argument = self.argument_behind(&arguments)?;
            arguments.push(argument);
            // What the arguments have to fulfil ends them, and is not shown.
            if self.required()?.is_some() && self.peek() != Some(b'E') {
                return None;
            }
        }
        Some(arguments)
    }

    pub(super) fn template_argument(&mut self) -> Option<Id> {
        self.argument_behind(&[])
    }

    /// An argument; one that is declared may name those before it.
    fn argument_behind(&mut self, before: &[Id]) -> Option<Id> {
        self.deeper(|parser| match parser.peek()? {
            b'T' if parser.at_declaration() => parser.declared_argument(before),
            b'X' => {
                parser.next();
                let expression = parser.expression()?;
                parser.must("E")?;
                Some(expression)
            }
            b'L' => parser.primary(),
            b'I' | b'J' => {
                let arguments = parser.template_arguments()?;
                parser.node(Kind::Pack, b"", arguments)
            }
            _ => parser.ty(),
        })
    }

    /// Qualifiers, the last one first.
    pub(super) fn qualifiers(&mut self) -> Option<Vec<Id>> {
        let mut qualifiers = Vec::new();
        loop {
            let (text, length): (&[u8], usize) = match self.rest {
                [b'r', ..] => (b"restrict", 1),
                [b'V', ..] => (b"volatile", 1),
                [b'K', ..] => (b"const", 1),
                [b'D', b'x', ..] => (b"transaction_safe", 2),
                [b'D', b'o', ..] => (b"noexcept", 2),
                [b'D', b'O', ..] => (b"noexcept", 2),
                [b'D', b'w', ..] => (b"throw", 2),
                _ => break,
            };
            let code = self.rest.get(1).copied().filter(|_| length == 2);
            self.rest = self.rest.get(length..)?;
            let children = match code {
                Some(b'O') => {
                    let expression = self.expression()?;
                    self.must("E")?;
                    vec![expression]
                }
                Some(b'w') => {
                    let thrown = self.parameters(false)?;
                    self.must("E")?;
                    thrown
                }
                _ => Vec::new(),
            };
            qualifiers.insert(0, self.node(Kind::Qualifier, text, children)?);
        }
        Some(qualifiers)
    }

    pub(super) fn reference_qualifier(&mut self) -> &'static [u8] {
        match self.peek() {
            Some(b'R') if self.eat("R") => b"&",
            Some(b'O') if self.eat("O") => b"&&",
            _ => b"",
        }
    }

    /// A type made of others, simplified.
    fn simple(&mut self, kind: Kind, text: &'n [u8], children: Vec<Id>) -> Option<Id> {
        self.simplified(kind, text, Default::default(), children)
    }

    /// A part made of others, as C++ itself would simplify it: `T& &&` is `T&`, qualifiers of an array
    /// are those of its elements, and the like.
    pub(super) fn simplified(
        &mut self,
        kind: Kind,
        text: &'n [u8],
        number: usize,
        children: Vec<Id>,
    ) -> Option<Id> {
        let inner = |parser: &Self, at: usize| {
            let id = parser.resolved(*children.get(at)?);
            Some((id, parser.nodes.get(id)?.clone()))
        };
        match kind {
            Kind::Reference | Kind::Rvalue => {
                let (id, base) = inner(self, 0)?;
                match (kind, base.kind) {
                    (_, Kind::Reference) | (Kind::Rvalue, Kind::Rvalue) => return Some(id),
                    (_, Kind::Rvalue) => return self.node(Kind::Reference, b"", base.children),
                    _ => {}
                }
            }
            Kind::Array => {
                let (_, element) = inner(self, 1)?;
                if element.kind == Kind::Qualifiers {
                    let mut moved = element.children.clone();
                    let base = *moved.first()?;
                    *moved.first_mut()? =
                        self.node(Kind::Array, b"", vec![*children.first()?, base])?;
                    return self.node(Kind::Qualifiers, b"", moved);
                }
            }
            Kind::Qualifiers | Kind::Method => {
                let (_, base) = inner(self, 0)?;
                let own = children.get(1..)?;
                match base.kind {
                    Kind::Qualifiers | Kind::Method => {
                        let kind = match (kind, base.kind) {
                            (Kind::Qualifiers, Kind::Qualifiers) => Kind::Qualifiers,
                            _ => Kind::Method,
                        };
                        let text = if text.is_empty() { base.text } else { text };
                        let mut merged = vec![base.first()?];
                        merged.extend(self.merged(own, base.children.get(1..)?));
                        return self.node(kind, text, merged);
                    }
                    Kind::Function | Kind::Returning => {
                        return self.node(Kind::Method, text, children);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        self.numbered(kind, text, number, children)
    }

    /// Qualifiers, those that stand twice once.
    fn merged(&self, first: &[Id], second: &[Id]) -> Vec<Id> {
        let mut merged = first.to_vec();
        for id in second {
            let Some(node) = self.nodes.get(*id) else {
                continue;
            };
            let same = |other: &Id| {
                let other = self.nodes.get(*other);
                other.is_some_and(|other| other.text == node.text && other.children.is_empty())
            };
            if !node.children.is_empty() || !merged.iter().any(same) {
                merged.push(*id);
            }
        }
        merged
    }
}

fn builtin(code: u8) -> Option<&'static str> {
    Some(match code {
        b'a' => "signed char",
        b'b' => "bool",
        b'c' => "char",
        b'd' => "double",
        b'e' => "long double",
        b'f' => "float",
        b'g' => "__float128",
        b'h' => "unsigned char",
        b'i' => "int",
        b'j' => "unsigned int",
        b'l' => "long",
        b'm' => "unsigned long",
        b'n' => "__int128",
        b'o' => "unsigned __int128",
        b's' => "short",
        b't' => "unsigned short",
        b'v' => "void",
        b'w' => "wchar_t",
        b'x' => "long long",
        b'y' => "unsigned long long",
        b'z' => "...",
        _ => return None,
    })
}
