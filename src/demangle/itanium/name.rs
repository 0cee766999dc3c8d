//! Names: nested, local, with template arguments; and what a name refers back to.

use super::operator::Place;
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
        let explicit = self.explicit;
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
            true => self.arguments_to_end()?,
            false => Vec::new(),
        };
        let returning = self.has_return_type(name);
        let mut ty = self.signature(returning, explicit)?;
        let requires = self.required()?;
        if template.is_some() {
            self.templates.pop();
            self.lambda = lambda;
        }
        if enclosing {
            ty = self.enclosing(ty)?;
        }
        // Qualifiers of a method stand behind its parameters.
        (name, ty) = self.qualifiers_to_type(name, ty)?;
        let mut typed = self.node(Kind::Typed, b"", vec![name, ty])?;
        if !conditions.is_empty() {
            let conditions = self.node(Kind::List, b"", conditions)?;
            typed = self.node(Kind::Within, b" [enable_if:", vec![typed, conditions])?;
        }
        match requires {
            Some(requires) => self.node(Kind::Within, b" requires ", vec![typed, requires]),
            None => Some(typed),
        }
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
        self.deeper(|parser| {
            let (name, explicit) = match parser.rest {
                [b'N', ..] => parser.nested_name()?,
                [b'Z', ..] => parser.local_name()?,
                _ => (parser.unscoped_name()?, false),
            };
            parser.explicit = explicit;
            Some(name)
        })
    }

    fn unscoped_name(&mut self) -> Option<Id> {
        match self.rest {
            [b'U', ..] => {
                let name = self.unqualified_name(None)?;
                self.bind(name, None)?;
                Some(name)
            }
            [b'S', b't', rest @ ..] => {
                self.rest = rest;
                let name = self.unqualified_name(None)?;
                let scope = self.leaf(b"std")?;
                let name = self.node(Kind::Qualified, b"", vec![scope, name])?;
                self.maybe_template(name, true)
            }
            [b'S', ..] => {
                let name = self.back_reference(false)?;
                if self.kind(name)? != Kind::Module {
                    return self.maybe_template(name, false);
                }
                let name = self.unqualified_name(Some(name))?;
                self.maybe_template(name, true)
            }
            _ => {
                let name = self.unqualified_name(None)?;
                self.maybe_template(name, true)
            }
        }
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

    /// A name in a scope, and whether it takes its object as a parameter.
    fn nested_name(&mut self) -> Option<(Id, bool)> {
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
        Some((name, explicit))
    }

    fn prefix(&mut self) -> Option<Id> {
        let mut scope: Option<Id> = None;
        let mut last: Option<Id> = None;
        let mut module = None;
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
                            children.extend(self.arguments_to_end()?);
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
                b'S' => {
                    let known = self.back_reference(true)?;
                    if self.kind(known)? == Kind::Module {
                        module = Some(known);
                        continue;
                    }
                    known
                }
                b'T' => self.template_param()?,
                _ => self.unqualified_name(module.take())?,
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

    pub(super) fn unqualified_name(&mut self, module: Option<Id>) -> Option<Id> {
        let module = self.module(module)?;
        let is_friend = self.eat("F");
        let name = match self.rest {
            [b'0'..=b'9', ..] => self.source_name()?,
            [b'a'..=b'z', ..] => self.operator_name(Place::Name)?,
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
        let name = match module {
            Some(module) => self.node(Kind::Entity, b"", vec![name, module])?,
            None => name,
        };
        let name = self.tagged(name)?;
        match is_friend {
            true => self.node(Kind::Prefix, b"friend ", vec![name]),
            false => Some(name),
        }
    }

    /// The module that a name belongs to: `outer` and what follows it.
    pub(super) fn module(&mut self, mut outer: Option<Id>) -> Option<Option<Id>> {
        while self.eat("W") {
            let text: &[u8] = match (self.eat("P"), outer) {
                (true, _) => b":",
                (false, Some(_)) => b".",
                _ => b"",
            };
            let mut children = Vec::from_iter(outer);
            children.push(self.source_name()?);
            let module = self.node(Kind::Module, text, children)?;
            outer = Some(self.keep(module));
        }
        Some(outer)
    }

    fn local_name(&mut self) -> Option<(Id, bool)> {
        self.must("Z")?;
        let function = self.encoding(true, true)?;
        self.must("E")?;
        if self.eat("s") {
            let name = self.leaf(b"string literal")?;
            self.discriminator()?;
            return Some((self.node(Kind::Local, b"", vec![function, name])?, false));
        }
        let default = match self.eat("d") {
            true => Some(self.compact_number()?),
            false => None,
        };
        let mut name = self.name()?;
        let explicit = self.explicit;
        self.discriminator()?;
        if let Some(number) = default {
            name = self.numbered(Kind::DefaultArgument, b"", number, vec![name])?;
        }
        Some((self.node(Kind::Local, b"", vec![function, name])?, explicit))
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
        let around = self.templates.len();
        let mut children = self.lambda_template()?;
        let parameters = self.parameters(false)?;
        self.lambda = before;
        self.templates.truncate(around);
        let call = self.required()?;
        children.insert(0, self.node(Kind::List, b"", parameters)?);
        if let Some(call) = call {
            children.resize(
                3.max(children.len()),
                self.node(Kind::List, b"", Vec::new())?,
            );
            children.push(call);
        }
        self.must("E")?;
        let number = self.compact_number()?;
        self.numbered(Kind::Lambda, b"", number, children)
    }

    /// What the name referred to; before a constructor an abbreviation means the whole class.
    pub(super) fn back_reference(&mut self, in_prefix: bool) -> Option<Id> {
        let abbreviation = match self.rest {
            [b'S', first @ b'a'..=b'z', rest @ ..] => {
                self.rest = rest;
                *first
            }
            _ => return self.met_before(),
        };
        let name = self.standard(abbreviation, in_prefix)?;
        match self.peek() {
            Some(b'B') => {
                let name = self.tagged(name)?;
                Some(self.keep(name))
            }
            _ => Some(name),
        }
    }

    /// `S_`, `S0_`, …: a part that was met before.
    pub(super) fn met_before(&mut self) -> Option<Id> {
        self.must("S")?;
        let mut index = 0usize;
        let mut digit = self.next()?;
        while digit != b'_' {
            let value = usize::try_from(char::from(digit).to_digit(36)?).ok()?;
            if digit.is_ascii_lowercase() {
                return None;
            }
            let value = value + usize::from(self.peek()? == b'_');
            index = index.checked_mul(36)?.checked_add(value)?;
            digit = self.next()?;
        }
        let known = *self.known.get(index)?;
        self.bound_anew(known)
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
