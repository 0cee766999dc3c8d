//! Names: nested, local, with template arguments; and what a name refers back to.

use super::{Id, Kind, Parser};

/// The abbreviations of names in `std`, with what a constructor calls them.
const STANDARD: [(u8, &str, &str); 6] = [
    (b'a', "allocator", ""),
    (b'b', "basic_string", ""),
    (b's', "string", "basic_string"),
    (b'i', "istream", "basic_istream"),
    (b'o', "ostream", "basic_ostream"),
    (b'd', "iostream", "basic_iostream"),
];

impl<'n> Parser<'n> {
    /// A whole name, with the parameters of a function where they are wanted.
    pub(super) fn encoding(&mut self, parameters: bool, enclosing: bool) -> Option<Id> {
        self.deeper(|parser| match parser.peek()? {
            b'G' | b'T' => parser.special(),
            _ => parser.function_or_object(parameters, enclosing),
        })
    }

    fn function_or_object(&mut self, parameters: bool, enclosing: bool) -> Option<Id> {
        let mut name = self.name()?;
        if !parameters {
            return self.without_qualifiers(name);
        }
        if matches!(self.peek(), None | Some(b'E')) {
            return Some(name);
        }
        let template = self.template_of(name);
        let lambda = self.lambda;
        if template.is_some() {
            self.templates.push(template);
            self.lambda = 0;
        }
        let conditions = match self.eat("Ua9enable_ifI") {
            true => self.up_to_end(Self::template_argument)?,
            false => Vec::new(),
        };
        let returning = self.has_return_type(name);
        let mut ty = self.signature(returning)?;
        if self.eat("Q") {
            return None;
        }
        if template.is_some() {
            self.templates.pop();
            self.lambda = lambda;
        }
        if enclosing {
            ty = self.enclosing(ty)?;
        }
        // Qualifiers of a method stand behind its parameters.
        (name, ty) = self.qualifiers_to_type(name, ty)?;
        let typed = self.node(Kind::Typed, b"", vec![name, ty])?;
        if conditions.is_empty() {
            return Some(typed);
        }
        let conditions = self.node(Kind::List, b"", conditions)?;
        self.node(Kind::Within, b" [enable_if:]", vec![typed, conditions])
    }

    /// The name of a method without what qualifies `this`.
    fn without_qualifiers(&mut self, name: Id) -> Option<Id> {
        match self.kind(name)? {
            Kind::Method => self.child(name, 0),
            Kind::Local => {
                let (function, inner) = (self.child(name, 0)?, self.child(name, 1)?);
                let bare = match self.kind(inner)? {
                    Kind::Method => self.child(inner, 0)?,
                    Kind::DefaultArgument => {
                        let bare = self.without_qualifiers(self.child(inner, 0)?)?;
                        let number = self.nodes.get(inner)?.number;
                        self.numbered(Kind::DefaultArgument, b"", number, vec![bare])?
                    }
                    _ => return Some(name),
                };
                self.node(Kind::Local, b"", vec![function, bare])
            }
            _ => Some(name),
        }
    }

    fn qualifiers_to_type(&mut self, name: Id, ty: Id) -> Option<(Id, Id)> {
        let method = match self.kind(name)? {
            Kind::Method => name,
            Kind::Local => {
                let inner = self.child(name, 1)?;
                match self.kind(inner)? {
                    Kind::Method => inner,
                    Kind::DefaultArgument => self.child(inner, 0)?,
                    _ => return Some((name, ty)),
                }
            }
            _ => return Some((name, ty)),
        };
        if self.kind(method)? != Kind::Method {
            return Some((name, ty));
        }
        let mut node = self.nodes.get(method)?.clone();
        *node.children.first_mut()? = ty;
        let ty = self.numbered(node.kind, node.text, node.number, node.children)?;
        Some((self.without_qualifiers(name)?, ty))
    }

    /// The template whose arguments the parameters of a function may name.
    fn template_of(&self, name: Id) -> Option<Id> {
        match self.kind(name)? {
            Kind::Template => Some(name),
            Kind::Local => self.template_of(self.child(name, 1)?),
            Kind::Qualified => {
                let last = self.child(name, 1)?;
                let inherited = self.kind(last)? == Kind::Constructor;
                inherited.then(|| self.template_of(last)).flatten()
            }
            Kind::Method => self.template_of(self.child(name, 0)?),
            Kind::Constructor => self.template_of(self.child(name, 1)?),
            _ => None,
        }
    }

    fn has_return_type(&self, name: Id) -> bool {
        let first = || self.child(name, 0);
        match self.kind(name) {
            Some(Kind::Local) => self
                .child(name, 1)
                .is_some_and(|id| self.has_return_type(id)),
            Some(Kind::Template) => first().is_some_and(|id| !self.is_special_method(id)),
            Some(Kind::Qualifiers | Kind::Method) => {
                first().is_some_and(|id| self.has_return_type(id))
            }
            _ => false,
        }
    }

    fn is_special_method(&self, name: Id) -> bool {
        match self.kind(name) {
            Some(Kind::Qualified | Kind::Local) => self
                .child(name, 1)
                .is_some_and(|id| self.is_special_method(id)),
            kind => matches!(
                kind,
                Some(Kind::Constructor | Kind::Destructor | Kind::Cast)
            ),
        }
    }

    pub(super) fn name(&mut self) -> Option<Id> {
        self.deeper(|parser| match parser.rest {
            [b'N', ..] => parser.nested_name(),
            [b'Z', ..] => parser.local_name(),
            [b'U', ..] => {
                let name = parser.unqualified_name()?;
                parser.bind(name, None)?;
                Some(name)
            }
            [b'S', b't', rest @ ..] => {
                parser.rest = rest;
                let name = parser.unqualified_name()?;
                let scope = parser.leaf(b"std")?;
                let name = parser.node(Kind::Qualified, b"", vec![scope, name])?;
                parser.maybe_template(name, true)
            }
            [b'S', ..] => {
                let name = parser.back_reference(false)?;
                parser.maybe_template(name, false)
            }
            _ => {
                let name = parser.unqualified_name()?;
                parser.maybe_template(name, true)
            }
        })
    }

    fn maybe_template(&mut self, name: Id, new: bool) -> Option<Id> {
        if self.peek() != Some(b'I') {
            self.bind(name, None)?;
            return Some(name);
        }
        if new {
            self.keep(name);
        }
        self.template(name)
    }

    /// The template `name` with the arguments that follow.
    pub(super) fn template(&mut self, name: Id) -> Option<Id> {
        let arguments = self.template_arguments()?;
        let mut children = vec![name];
        children.extend(arguments);
        let template = self.node(Kind::Template, b"", children)?;
        // A conversion may speak of the arguments that stand behind it.
        self.bind(name, Some(template))?;
        Some(template)
    }

    fn nested_name(&mut self) -> Option<Id> {
        self.must("N")?;
        let explicit = self.eat("H");
        let qualifiers = match explicit {
            true => Vec::new(),
            false => self.qualifiers()?,
        };
        let reference = match explicit {
            true => &b""[..],
            false => self.reference_qualifier(),
        };
        let mut name = self.prefix()?;
        if !qualifiers.is_empty() || !reference.is_empty() {
            let mut children = vec![name];
            children.extend(qualifiers);
            name = self.node(Kind::Method, reference, children)?;
        }
        self.must("E")?;
        Some(name)
    }

    fn prefix(&mut self) -> Option<Id> {
        let mut scope: Option<Id> = None;
        let mut last: Option<Id> = None;
        loop {
            let first = self.peek()?;
            let part = match first {
                b'E' => {
                    let name = scope?;
                    self.bind(name, None)?;
                    return Some(name);
                }
                b'M' => {
                    // The initializer that a lambda stands in is shown as its scope.
                    scope?;
                    self.next();
                    continue;
                }
                b'I' | b'J' => {
                    let name = scope.take()?;
                    let template = match first {
                        b'I' => self.template(name)?,
                        // As pprof: some compilers leave out the `I` around a pack.
                        _ => {
                            let mut children = vec![name];
                            children.extend(self.up_to_end(Self::template_argument)?);
                            self.node(Kind::Template, b"", children)?
                        }
                    };
                    scope = Some(template);
                    last = scope;
                    if self.peek() != Some(b'E') {
                        self.keep(template);
                    }
                    continue;
                }
                b'C' => self.constructor(last?)?,
                b'D' if matches!(self.rest.get(1), Some(b'T' | b't')) => self.ty()?,
                b'D' if self.rest.get(1) != Some(&b'C') => {
                    let class = self.last_of(last?)?;
                    self.rest = self.rest.get(2..)?;
                    let name = self.node(Kind::Destructor, b"", vec![class])?;
                    self.tagged(name)?
                }
                b'S' => self.back_reference(true)?,
                b'T' => self.template_param()?,
                _ => self.unqualified_name()?,
            };
            last = Some(part);
            let name = match scope {
                Some(scope) => self.node(Kind::Qualified, b"", vec![scope, part])?,
                None => part,
            };
            scope = Some(name);
            if first != b'S' && self.peek() != Some(b'E') {
                self.keep(name);
            }
        }
    }

    fn constructor(&mut self, last: Id) -> Option<Id> {
        self.must("C")?;
        let inherits = self.eat("I");
        self.next()?;
        let mut children = vec![self.last_of(last)?];
        if inherits {
            children.push(self.ty()?);
        }
        let name = self.node(Kind::Constructor, b"", children)?;
        self.tagged(name)
    }

    /// The class itself, which its constructor is named after.
    fn last_of(&self, name: Id) -> Option<Id> {
        match self.kind(name)? {
            Kind::Template | Kind::Tagged => self.last_of(self.child(name, 0)?),
            Kind::Qualified | Kind::Local => self.last_of(self.child(name, 1)?),
            _ => Some(name),
        }
    }

    fn tagged(&mut self, mut name: Id) -> Option<Id> {
        while self.eat("B") {
            let tag = self.source_name()?;
            name = self.node(Kind::Tagged, b"", vec![name, tag])?;
        }
        Some(name)
    }

    pub(super) fn unqualified_name(&mut self) -> Option<Id> {
        let is_friend = self.eat("F");
        let name = match self.rest {
            [b'0'..=b'9', ..] => self.source_name()?,
            [b'a'..=b'z', ..] => self.operator_name(false)?,
            [b'D', b'C', rest @ ..] => {
                self.rest = rest;
                let names = self.up_to_end(Self::source_name)?;
                self.node(Kind::Bindings, b"", names)?
            }
            [b'L', rest @ ..] => {
                self.rest = rest;
                let name = self.source_name()?;
                self.discriminator()?;
                name
            }
            [b'U', b'b', rest @ ..] => {
                self.rest = rest;
                self.compact_number()?;
                self.leaf(b"'block-literal'")?
            }
            [b'U', b'l', ..] => self.lambda()?,
            [b'U', b't', ..] => self.unnamed_type()?,
            _ => return None,
        };
        let name = self.tagged(name)?;
        match is_friend {
            true => self.node(Kind::Prefix, b"friend ", vec![name]),
            false => Some(name),
        }
    }

    fn local_name(&mut self) -> Option<Id> {
        self.must("Z")?;
        let function = self.encoding(true, true)?;
        self.must("E")?;
        if self.eat("s") {
            let name = self.leaf(b"string literal")?;
            self.discriminator()?;
            return self.node(Kind::Local, b"", vec![function, name]);
        }
        let default = match self.eat("d") {
            true => Some(self.compact_number()?),
            false => None,
        };
        let mut name = self.name()?;
        self.discriminator()?;
        if let Some(number) = default {
            name = self.numbered(Kind::DefaultArgument, b"", number, vec![name])?;
        }
        self.node(Kind::Local, b"", vec![function, name])
    }

    /// What tells local names apart is not shown.
    fn discriminator(&mut self) -> Option<()> {
        if !self.eat("_") {
            if self.rest.iter().all(u8::is_ascii_digit) {
                self.rest = &[];
            }
            return Some(());
        }
        let long = self.eat("_");
        let number = self.number()?;
        if long && number >= 10 {
            self.must("_")?;
        }
        (number >= 0).then_some(())
    }

    pub(super) fn unnamed_type(&mut self) -> Option<Id> {
        self.must("Ut")?;
        let number = self.compact_number()?;
        let name = self.numbered(Kind::Unnamed, b"", number, Vec::new())?;
        Some(self.keep(name))
    }

    pub(super) fn lambda(&mut self) -> Option<Id> {
        self.must("Ul")?;
        let before = std::mem::replace(&mut self.lambda, self.templates.len() + 1);
        let parameters = self.parameters()?;
        self.lambda = before;
        self.must("E")?;
        let number = self.compact_number()?;
        self.numbered(Kind::Lambda, b"", number, parameters)
    }

    /// What the name referred to; before a constructor an abbreviation means the whole class.
    pub(super) fn back_reference(&mut self, in_prefix: bool) -> Option<Id> {
        self.must("S")?;
        let first = self.next()?;
        if first == b'_' || first.is_ascii_digit() || first.is_ascii_uppercase() {
            let mut index = 0;
            let mut digit = first;
            while digit != b'_' {
                let value = usize::try_from(char::from(digit).to_digit(36)?).ok()?;
                if digit.is_ascii_lowercase() || index > 1 << 20 {
                    return None;
                }
                index = index * 36 + value + usize::from(self.peek()? == b'_');
                digit = self.next()?;
            }
            let known = *self.known.get(index)?;
            return self.bound_anew(known);
        }
        let name = self.standard(first, in_prefix)?;
        match self.peek() {
            Some(b'B') => {
                let name = self.tagged(name)?;
                Some(self.keep(name))
            }
            _ => Some(name),
        }
    }

    fn standard(&mut self, abbreviation: u8, in_prefix: bool) -> Option<Id> {
        let scope = self.leaf(b"std")?;
        if abbreviation == b't' {
            return Some(scope);
        }
        let (_, short, long) = STANDARD.iter().find(|(byte, _, _)| *byte == abbreviation)?;
        let whole = in_prefix && matches!(self.peek(), Some(b'C' | b'D')) && !long.is_empty();
        let name = self.leaf(if whole { long } else { short }.as_bytes())?;
        let name = self.node(Kind::Qualified, b"", vec![scope, name])?;
        if !whole {
            return Some(name);
        }
        let char = self.node(Kind::Builtin, b"char", Vec::new())?;
        let mut children = vec![name, char];
        let arguments: &[&str] = match abbreviation {
            b's' => &["char_traits", "allocator"],
            _ => &["char_traits"],
        };
        for argument in arguments {
            let name = self.leaf(argument.as_bytes())?;
            let name = self.node(Kind::Qualified, b"", vec![scope, name])?;
            children.push(self.node(Kind::Template, b"", vec![name, char])?);
        }
        self.node(Kind::Template, b"", children)
    }
}
