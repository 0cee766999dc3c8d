//! Expressions, which stand in template arguments and in the types of functions.

use super::operator::Place;
use super::{Id, Kind, Parser};

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Option<Id> {
        self.deeper(Self::expression_part)
    }

    fn expression_part(&mut self) -> Option<Id> {
        let rest = self.rest;
        let after = |count: usize| rest.get(count..);
        match rest {
            [b'L', ..] => self.primary(),
            [b'T', ..] => self.template_param(),
            [b's', b'r', ..] => self.unresolved_name(),
            [b's', b'p', ..] => {
                self.rest = after(2)?;
                let pattern = self.expression()?;
                self.expanded(pattern)
            }
            [b's', b'Z', ..] => {
                self.rest = after(2)?;
                let pack = self.expression()?;
                let pack = self.expanded(pack)?;
                let is_known = self.kind(pack)? == Kind::List;
                let count = self.nodes.get(pack)?.children.len();
                is_known.then_some(())?;
                self.numbered(Kind::Count, b"", count, Vec::new())
            }
            [b's', b'P', ..] => {
                self.rest = after(2)?;
                let arguments = self.up_to_end(Self::template_argument)?;
                let count = |id: &Id| match self.nodes.get(*id) {
                    Some(node) if matches!(node.kind, Kind::Pack | Kind::List) => {
                        node.children.len()
                    }
                    _ => 1,
                };
                let count = arguments.iter().map(count).sum();
                self.numbered(Kind::Count, b"", count, Vec::new())
            }
            [b'f', b'p', b'T', ..] => {
                self.rest = after(3)?;
                self.leaf(b"this")
            }
            [b'f', b'p', ..] => {
                self.rest = after(2)?;
                self.function_param()
            }
            [b'f', b'L', b'0'..=b'9', ..] => {
                self.rest = after(2)?;
                self.number()?;
                self.must("p")?;
                self.function_param()
            }
            [b'o', b'n', ..] | [b'0'..=b'9', ..] => {
                self.eat("on");
                let name = self.unqualified_name(None)?;
                self.with_arguments(name)
            }
            [b'm', b'c', ..] | [b's', b'o', ..] => self.part_of_object(),
            [b'u', ..] => self.vendor_call(),
            [b'i', b'l', ..] => {
                self.rest = after(2)?;
                let elements = self.list("E")?;
                self.node(Kind::Braces, b"", vec![elements])
            }
            [b't', b'l', ..] => {
                self.rest = after(2)?;
                let ty = self.ty()?;
                let elements = self.list("E")?;
                self.node(Kind::Braces, b"t", vec![ty, elements])
            }
            [b'r', b'q' | b'Q', ..] => self.requires(),
            [b's', b't', ..] => {
                let operator = self.operator_name(Place::Expression)?;
                let ty = self.ty()?;
                self.node(Kind::OfType, b"", vec![operator, ty])
            }
            _ => self.operation(),
        }
    }

    fn function_param(&mut self) -> Option<Id> {
        self.qualifiers()?;
        let number = self.compact_number()?;
        self.numbered(Kind::FunctionParam, b"", number + 1, Vec::new())
    }

    fn with_arguments(&mut self, name: Id) -> Option<Id> {
        match self.peek() {
            Some(b'I') => self.template(name),
            _ => Some(name),
        }
    }

    /// Expressions up to `end`.
    fn list(&mut self, end: &str) -> Option<Id> {
        let mut elements = Vec::new();
        while !self.eat(end) {
            elements.push(self.expression()?);
        }
        self.node(Kind::List, b"", elements)
    }

    fn operation(&mut self) -> Option<Id> {
        let code = *self.rest.first_chunk::<2>()?;
        let (operator, count) = self.operator(Place::Expression)?;
        match (&code, count) {
            (_, 0) => self.node(Kind::Nullary, b"", vec![operator]),
            (_, 1) => self.unary(&code, operator),
            (b"nw" | b"na", _) => self.allocation(),
            (b"fl" | b"fr" | b"fL" | b"fR", _) => {
                let mut children = vec![self.operator_name(Place::Expression)?, self.expression()?];
                if count == 3 {
                    children.push(self.expression()?);
                }
                let side: &[u8] = if code == *b"fl" { b"l" } else { b"r" };
                self.node(Kind::Fold, side, children)
            }
            (_, 2) => {
                let left = match &code {
                    b"sc" | b"dc" | b"cc" | b"rc" => self.ty()?,
                    b"di" => self.unqualified_name(None)?,
                    _ => self.expression()?,
                };
                let right = match &code {
                    b"cl" | b"cp" => self.list("E")?,
                    b"dt" | b"pt" if self.peek() == Some(b'L') => self.primary()?,
                    b"dt" | b"pt" => {
                        let name = self.unresolved_name()?;
                        self.with_arguments(name)?
                    }
                    _ => self.expression()?,
                };
                self.node(Kind::Binary, b"", vec![operator, left, right])
            }
            (_, 3) => {
                let mut children = vec![operator];
                for _ in 0..3 {
                    children.push(self.expression()?);
                }
                self.node(Kind::Trinary, b"", children)
            }
            _ => None,
        }
    }

    /// A pointer to a member that is converted, or a part of an object; where it lies is not kept.
    fn part_of_object(&mut self) -> Option<Id> {
        let kind = match self.eat("mc") {
            true => Kind::MemberCast,
            false => Kind::Subobject,
        };
        if kind == Kind::Subobject {
            self.must("so")?;
        }
        let children = vec![self.ty()?, self.expression()?];
        let at_number = |parser: &Self| parser.peek() == Some(b'n') || parser.at_digit();
        let mut offset = 0;
        if at_number(self) {
            offset = self.number()?;
        }
        if kind == Kind::Subobject {
            while self.eat("_") {
                if at_number(self) {
                    self.number()?;
                }
            }
            self.eat("p");
        }
        self.must("E")?;
        let text: &[u8] = if offset < 0 { b"-" } else { b"" };
        let offset = usize::try_from(offset.unsigned_abs()).ok()?;
        self.numbered(kind, text, offset, children)
    }

    /// What only some compilers know, called like a function.
    fn vendor_call(&mut self) -> Option<Id> {
        self.next();
        let name = self.source_name()?;
        let arguments = match self.rest {
            [_] if self.nodes.get(name)?.text == b"__uuidof" => return None,
            [kind @ (b't' | b'z'), _, ..] if self.nodes.get(name)?.text == b"__uuidof" => {
                self.next();
                vec![match kind {
                    b't' => self.ty()?,
                    _ => self.expression()?,
                }]
            }
            _ => self.up_to_end(Self::template_argument)?,
        };
        let arguments = self.node(Kind::List, b"", arguments)?;
        let operator = self.node(Kind::Operator, b"()", Vec::new())?;
        self.node(Kind::Binary, b"", vec![operator, name, arguments])
    }

    fn unary(&mut self, code: &[u8; 2], operator: Id) -> Option<Id> {
        let postfix = matches!(code, b"pp" | b"mm") && !self.eat("_");
        let operand = match self.kind(operator)? == Kind::Cast && self.eat("_") {
            true => self.list("E")?,
            false => self.expression()?,
        };
        let kind = if postfix { Kind::Postfix } else { Kind::Unary };
        self.node(kind, b"", vec![operator, operand])
    }

    fn allocation(&mut self) -> Option<Id> {
        let place = self.list("_")?;
        let mut children = Vec::new();
        let mut shown = 0;
        if !self.nodes.get(place)?.children.is_empty() {
            children.push(place);
            shown = 1;
        }
        children.push(self.ty()?);
        if self.eat("pi") {
            children.push(self.list("E")?);
            shown += 2;
        } else if self.rest.starts_with(b"il") {
            children.push(self.expression()?);
            shown += 2;
        } else {
            self.must("E")?;
        }
        self.numbered(Kind::New, b"", shown, children)
    }

    fn unresolved_name(&mut self) -> Option<Id> {
        if self.eat("gs") {
            let name = self.deeper(Self::unresolved_name)?;
            let operator = self.node(Kind::Operator, b"::", Vec::new())?;
            return self.node(Kind::Unary, b"", vec![operator, name]);
        }
        if !self.eat("sr") {
            return self.base_name();
        }
        if matches!(self.peek()?, b'T' | b'D' | b'S') {
            let scope = self.ty()?;
            let name = self.base_name()?;
            let name = self.node(Kind::Qualified, b"", vec![scope, name])?;
            if self.peek() != Some(b'I') {
                return Some(name);
            }
            let name = self.template(name)?;
            return Some(self.keep(name));
        }
        let mut scope = match self.eat("N") {
            true => Some(self.ty()?),
            false => None,
        };
        while !self.eat("E") {
            if let Some(scope) = scope.filter(|_| !self.at_digit()) {
                // Old compilers end the name here.
                if self.kind(scope)? == Kind::Qualified {
                    let outer = self.child(scope, 0)?;
                    if self.kind(outer)? == Kind::Template {
                        let name = self.child(outer, 0)?;
                        self.keep(name);
                    }
                    self.keep(outer);
                    return Some(scope);
                }
            }
            let mut name = self.source_name()?;
            if self.peek() == Some(b'I') {
                self.keep(name);
                name = self.template(name)?;
            }
            scope = Some(match scope {
                Some(scope) => self.node(Kind::Qualified, b"", vec![scope, name])?,
                None => name,
            });
        }
        let scope = scope?;
        let name = self.base_name()?;
        self.node(Kind::Qualified, b"", vec![scope, name])
    }

    fn base_name(&mut self) -> Option<Id> {
        let name = if self.eat("on") {
            self.operator_name(Place::Expression)?
        } else if self.eat("dn") {
            let class = match self.at_digit() {
                true => self.source_name()?,
                false => self.ty()?,
            };
            self.node(Kind::Destructor, b"", vec![class])?
        } else if self.at_digit() {
            self.source_name()?
        } else {
            self.operator_name(Place::Expression)?
        };
        self.with_arguments(name)
    }

    /// A literal, or the name of an object.
    pub(super) fn primary(&mut self) -> Option<Id> {
        self.must("L")?;
        if self.eat("_Z") || self.eat("Z") {
            let name = self.encoding(true, false)?;
            self.must("E")?;
            return Some(name);
        }
        let ty = self.ty()?;
        let negative = self.eat("n");
        let length = self.rest.iter().position(|&byte| byte == b'E')?;
        let (value, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        self.must("E")?;
        if value.is_empty() {
            let node = self.nodes.get(ty)?;
            match node.kind {
                Kind::Builtin if node.text == b"decltype(nullptr)" => {}
                Kind::Lambda => return self.node(Kind::LambdaValue, b"", vec![ty]),
                Kind::Array => return self.node(Kind::StringLiteral, b"", vec![ty]),
                Kind::Qualifiers if self.kind(self.child(ty, 0)?) == Some(Kind::Array) => {
                    return self.node(Kind::StringLiteral, b"", vec![ty]);
                }
                _ => return None,
            }
        }
        self.numbered(Kind::Literal, value, usize::from(negative), vec![ty])
    }
}
