//! Prints parts as pprof does: `> >` with a blank, `[abi:tag]`, `{lambda(int)#1}`.
//!
//! A type is written around what it belongs to (`int (*f)(char)`), so what is still to come waits in
//! `inner` until the type that it stands inside of knows where.

use super::{Id, Kind, Node};
use crate::demangle::{MAX_NAME, Style};

/// How deep parts may stand in each other, and how many may be printed.
const MAX_DEPTH: u32 = 1_000;
const MAX_PARTS: u32 = 200_000;

pub(super) fn print(nodes: &[Node<'_>], root: Id, style: Style) -> Option<Vec<u8>> {
    let mut printer = Printer {
        nodes,
        out: Vec::new(),
        last: None,
        inner: Vec::new(),
        style,
        depth: 0,
        parts: 0,
    };
    printer.part(root)?;
    Some(printer.out)
}

struct Printer<'p> {
    nodes: &'p [Node<'p>],
    out: Vec<u8>,
    /// The last byte, but not of what was put quietly.
    last: Option<u8>,
    /// What stands inside the type at hand, outermost first.
    inner: Vec<Id>,
    style: Style,
    depth: u32,
    parts: u32,
}

impl<'p> Printer<'p> {
    fn put(&mut self, text: impl AsRef<[u8]>) {
        let text = text.as_ref();
        self.last = text.last().copied().or(self.last);
        self.out.extend_from_slice(text);
    }

    /// Blanks behind it depend on what stands before it, as pprof.
    fn put_quietly(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// The part itself: a parameter is what it stands for.
    fn node(&self, id: Id) -> Option<&'p Node<'p>> {
        let mut node = self.nodes.get(id)?;
        for _ in 0..MAX_DEPTH {
            let template = match (node.kind, node.first()) {
                (Kind::Param, Some(template)) => self.nodes.get(template)?,
                _ => return Some(node),
            };
            node = self.nodes.get(*template.children.get(node.number + 1)?)?;
        }
        None
    }

    fn part(&mut self, id: Id) -> Option<()> {
        self.parts += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH || self.parts > MAX_PARTS || self.out.len() > MAX_NAME {
            return None;
        }
        let node = self.node(id)?;
        self.print(id, node)?;
        self.depth -= 1;
        Some(())
    }

    fn child(&mut self, node: &Node<'_>, at: usize) -> Option<()> {
        self.part(*node.children.get(at)?)
    }

    /// Parts with commas between them, those that are not empty.
    fn list(&mut self, parts: &[Id]) -> Option<()> {
        self.joined(parts, true)
    }

    fn joined(&mut self, parts: &[Id], skips_empty: bool) -> Option<()> {
        let mut first = true;
        for part in parts {
            if skips_empty && self.is_empty(*part)? {
                continue;
            }
            self.put(if first { "" } else { ", " });
            first = false;
            self.part(*part)?;
        }
        Some(())
    }

    /// Whether it is nothing, or a pack of nothing; a pack may be in itself.
    fn is_empty(&mut self, id: Id) -> Option<bool> {
        let mut parts = std::slice::from_ref(&id).iter();
        let mut outer = Vec::new();
        // Looking counts as printing does: each of many lists may hold what takes long to look through.
        while self.parts < MAX_PARTS {
            self.parts += 1;
            let Some(part) = parts.next() else {
                match outer.pop() {
                    Some(rest) => parts = rest,
                    None => return Some(true),
                }
                continue;
            };
            let node = self.node(*part)?;
            match node.kind {
                Kind::Pack => outer.push(std::mem::replace(&mut parts, node.children.iter())),
                Kind::List if node.children.is_empty() => {}
                _ => return Some(false),
            }
        }
        None
    }

    fn print(&mut self, id: Id, node: &'p Node<'p>) -> Option<()> {
        let rest = node.children.get(1..).unwrap_or_default();
        match node.kind {
            Kind::Name | Kind::Builtin => self.put(node.text),
            Kind::Qualified | Kind::Local => {
                self.child(node, 0)?;
                self.put("::");
                self.child(node, 1)?;
            }
            Kind::Template => self.template(node)?,
            Kind::Param => return None,
            Kind::Auto => self.put_quietly(&format!("auto:{}", node.number + 1)),
            Kind::Typed => {
                let before = std::mem::replace(&mut self.inner, vec![id]);
                self.child(node, 1)?;
                self.inner = before;
            }
            Kind::Qualifiers
            | Kind::Method
            | Kind::Pointer
            | Kind::Reference
            | Kind::Rvalue
            | Kind::Suffix
            | Kind::Vendor => self.around(id, node, 0)?,
            Kind::Member | Kind::Vector => self.around(id, node, 1)?,
            Kind::Array => {
                self.inner.push(id);
                self.child(node, 1)?;
                if self.inner.pop().is_some() {
                    self.dimension(node)?;
                }
            }
            Kind::Returning => {
                self.inner.push(id);
                self.child(node, 0)?;
                if self.inner.pop().is_none() {
                    return Some(());
                }
                self.put(" ");
                self.parameters(rest, true)?;
            }
            Kind::Function => self.parameters(&node.children, true)?,
            Kind::Enclosing => self.parameters(&node.children, self.style == Style::Full)?,
            Kind::Qualifier => {
                self.put(node.text);
                if !node.children.is_empty() {
                    self.put("(");
                    self.list(&node.children)?;
                    self.put(")");
                }
            }
            Kind::Call => {
                self.put(node.text);
                self.put("(");
                self.child(node, 0)?;
                self.put(")");
            }
            Kind::Operator => {
                let word = node.text.first().is_some_and(u8::is_ascii_lowercase);
                self.put(if word { "operator " } else { "operator" });
                self.put(node.text.strip_suffix(b" ").unwrap_or(node.text));
            }
            Kind::Cast => {
                self.put("operator ");
                self.child(node, 0)?;
            }
            Kind::Constructor => self.child(node, 0)?,
            Kind::Destructor => {
                self.put("~");
                self.child(node, 0)?;
            }
            Kind::Tagged => {
                self.child(node, 0)?;
                self.put("[abi:");
                self.child(node, 1)?;
                self.put("]");
            }
            Kind::Expansion => {
                self.in_parentheses(node.first()?)?;
                self.put("...");
            }
            Kind::Pack | Kind::List => self.joined(&node.children, false)?,
            Kind::Prefix => {
                self.put(node.text);
                self.child(node, 0)?;
            }
            Kind::Within => {
                self.child(node, 0)?;
                self.put(node.text);
                self.child(node, 1)?;
                self.put(if node.text.starts_with(b" [") {
                    "]"
                } else {
                    ""
                });
            }
            Kind::Lambda => {
                self.put("{lambda");
                self.lambda(node)?;
                self.put(format!("#{}}}", node.number + 1));
            }
            Kind::ParamName => {
                self.put(node.text);
                if node.number > 0 {
                    self.put((node.number - 1).to_string());
                }
            }
            Kind::TypeParam => {
                self.put("typename ");
                self.flush(None)?;
                self.child(node, 0)?;
            }
            Kind::NamedParam => {
                self.inner.push(id);
                self.child(node, 0)?;
                if !self.inner.is_empty() {
                    self.put(" ");
                    self.child(node, 1)?;
                    self.inner.pop();
                }
            }
            Kind::TemplateParam => {
                self.put("template<");
                self.child(node, 1)?;
                self.put("> typename ");
                self.child(node, 0)?;
                self.requirement(node, 2)?;
            }
            Kind::PackParam => {
                let before = std::mem::replace(&mut self.inner, vec![id]);
                let param = self.node(node.first()?)?;
                match (param.kind, param.text) {
                    (Kind::NamedParam, b"n") => self.child(param, 0)?,
                    _ => self.child(node, 0)?,
                }
                if !self.inner.is_empty() {
                    self.put("...");
                }
                self.inner = before;
            }
            Kind::Fixed => {
                self.put(node.text);
                let base = self.node(node.first()?)?;
                if base.kind != Kind::Builtin || base.text != b"int" {
                    self.child(node, 0)?;
                    self.put(" ");
                }
                self.put(match node.number {
                    1 => "_Accum",
                    _ => "_Fract",
                });
            }
            Kind::Module => {
                if node.children.len() > 1 {
                    self.child(node, 0)?;
                }
                self.put(node.text);
                self.part(*node.children.last()?)?;
            }
            Kind::Entity => {
                self.child(node, 0)?;
                self.put("@");
                self.child(node, 1)?;
            }
            Kind::Unnamed => self.put(format!("{{unnamed type#{}}}", node.number + 1)),
            Kind::DefaultArgument => {
                self.put_quietly(&format!("{{default arg#{}}}::", node.number + 1));
                self.child(node, 0)?;
            }
            Kind::Bindings => {
                self.put("[");
                self.list(&node.children)?;
                self.put("]");
            }
            _ => self.expression(node)?,
        }
        Some(())
    }

    fn template(&mut self, node: &Node<'_>) -> Option<()> {
        let before = std::mem::take(&mut self.inner);
        self.child(node, 0)?;
        if self.style != Style::Short {
            self.put(if self.last == Some(b'<') { " <" } else { "<" });
            self.list(node.children.get(1..)?)?;
            self.put(if self.last == Some(b'>') { " >" } else { ">" });
        }
        self.inner = before;
        Some(())
    }

    /// A type that is written behind another, or inside it where that has an inside.
    fn around(&mut self, id: Id, node: &'p Node<'p>, base: usize) -> Option<()> {
        self.inner.push(id);
        self.child(node, base)?;
        match self.inner.pop() {
            Some(_) => self.modifier(node),
            None => Some(()),
        }
    }

    /// What a type adds to the one it is made of.
    fn modifier(&mut self, node: &'p Node<'p>) -> Option<()> {
        let rest = node.children.get(1..).unwrap_or_default();
        match node.kind {
            Kind::Typed => self.child(node, 0)?,
            Kind::Pointer => self.put("*"),
            Kind::Reference => self.put("&"),
            Kind::Rvalue => self.put("&&"),
            Kind::Suffix => self.put(node.text),
            Kind::Qualifiers | Kind::Method => {
                for qualifier in rest {
                    self.put(" ");
                    self.part(*qualifier)?;
                }
                if !node.text.is_empty() {
                    self.put(" ");
                    self.put(node.text);
                }
            }
            Kind::Vendor => {
                self.put(" ");
                self.child(node, 1)?;
            }
            Kind::Member => {
                self.put(if self.last == Some(b'(') { "" } else { " " });
                self.child(node, 0)?;
                self.put("::*");
            }
            Kind::Vector => {
                self.put(" __vector(");
                self.child(node, 0)?;
                self.put(")");
            }
            Kind::Array => self.dimension(node)?,
            Kind::Returning => self.parameters(rest, true)?,
            Kind::NamedParam => self.child(node, 1)?,
            Kind::PackParam => {
                self.put("...");
                let param = self.node(node.first()?)?;
                if param.kind == Kind::NamedParam {
                    self.child(param, 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// Writes what stands inside, innermost last; the qualifiers of methods may wait.
    fn flush(&mut self, mut methods: Option<&mut Vec<Id>>) -> Option<()> {
        while let Some(id) = self.inner.pop() {
            let node = self.node(id)?;
            match (&mut methods, node.kind) {
                (Some(waiting), Kind::Method) => waiting.push(id),
                _ => self.modifier(node)?,
            }
        }
        Some(())
    }

    fn dimension(&mut self, node: &Node<'_>) -> Option<()> {
        let mut space = " ";
        while let Some(last) = self.inner.last() {
            let outer = self.node(*last)?;
            let of_array = match outer.kind {
                Kind::Qualifiers => self.node(outer.first()?)?.kind == Kind::Array,
                kind => kind == Kind::Array,
            };
            if !of_array {
                self.put(" (");
                self.flush(None)?;
                self.put(")");
                continue;
            }
            if outer.kind == Kind::Array {
                space = "";
            }
            self.inner.pop();
            self.modifier(outer)?;
        }
        self.put(space);
        self.put("[");
        self.child(node, 0)?;
        self.put("]");
        Some(())
    }

    fn parameters(&mut self, parameters: &[Id], shown: bool) -> Option<()> {
        let mut opens = None;
        for id in self.inner.iter().rev() {
            opens = match self.node(*id)?.kind {
                Kind::Pointer | Kind::Reference | Kind::Rvalue => Some(false),
                Kind::Qualifiers | Kind::Suffix | Kind::Member => Some(true),
                _ => continue,
            };
            break;
        }
        if let Some(space) = opens {
            let space = space || !matches!(self.last, Some(b'(' | b'*'));
            if space && self.last != Some(b' ') {
                self.put(" ");
            }
            self.put("(");
        }
        let mut methods = Vec::new();
        self.flush(Some(&mut methods))?;
        self.put(if opens.is_some() { ")(" } else { "(" });
        if shown {
            self.list(parameters)?;
        }
        self.put(")");
        self.inner = methods;
        self.flush(None)
    }

    fn in_parentheses(&mut self, id: Id) -> Option<()> {
        let plain = matches!(
            self.node(id)?.kind,
            Kind::Name | Kind::Braces | Kind::FunctionParam | Kind::Qualified
        );
        if plain {
            return self.part(id);
        }
        self.put("(");
        self.part(id)?;
        self.put(")");
        Some(())
    }

    /// An operator inside an expression.
    fn operator(&mut self, node: &Node<'_>) -> Option<&'p [u8]> {
        let operator = self.node(node.first()?)?;
        match operator.kind {
            Kind::Operator => {
                self.put(operator.text);
                Some(operator.text)
            }
            Kind::Cast => {
                self.put("(");
                self.child(operator, 0)?;
                self.put(")");
                Some(b"")
            }
            _ => None,
        }
    }

    fn expression(&mut self, node: &'p Node<'p>) -> Option<()> {
        let child = |at: usize| node.children.get(at).copied();
        match node.kind {
            Kind::Count => self.put(node.number.to_string()),
            Kind::FunctionParam => self.put_quietly(&format!("{{parm#{}}}", node.number)),
            Kind::FloatBits => self.put_quietly(&format!("_Float{}", node.number)),
            Kind::MemberCast => {
                self.put("(");
                self.child(node, 0)?;
                self.put(")(");
                self.child(node, 1)?;
                self.put(")");
            }
            Kind::Subobject => {
                self.child(node, 1)?;
                self.put(".<");
                self.child(node, 0)?;
                self.put(" at offset ");
                self.put(node.text);
                self.put(format!("{}>", node.number));
            }
            Kind::Literal => self.literal(node)?,
            Kind::StringLiteral => {
                self.put("\"<");
                self.child(node, 0)?;
                self.put(">\"");
            }
            Kind::LambdaValue => {
                self.put("[]");
                let lambda = self.node(child(0)?)?;
                self.lambda(lambda)?;
                self.put("{...}");
            }
            Kind::Braces => {
                if node.text == b"t" {
                    self.child(node, 0)?;
                }
                self.put("{");
                self.part(*node.children.last()?)?;
                self.put("}");
            }
            Kind::Nullary => {
                self.operator(node)?;
            }
            Kind::Postfix => {
                self.in_parentheses(child(1)?)?;
                self.operator(node)?;
            }
            Kind::OfType => {
                self.operator(node)?;
                self.put("(");
                self.child(node, 1)?;
                self.put(")");
            }
            Kind::Unary => {
                let operand = child(1)?;
                match self.operator(node)? {
                    b"::" => self.part(operand)?,
                    b"&" => {
                        let function = self.function_name(operand, true)?;
                        self.in_parentheses(function.unwrap_or(operand))?;
                    }
                    _ => self.in_parentheses(operand)?,
                }
            }
            Kind::Binary => self.binary(node)?,
            Kind::Trinary if self.is_designator(node) => {
                self.put("[");
                self.part(child(1)?)?;
                self.put(" ... ");
                self.part(child(2)?)?;
                self.put("]");
                self.designated(child(3)?)?;
            }
            Kind::Trinary => {
                self.in_parentheses(child(1)?)?;
                self.operator(node)?;
                self.in_parentheses(child(2)?)?;
                self.put(" : ");
                self.in_parentheses(child(3)?)?;
            }
            Kind::Fold => self.fold(node)?,
            Kind::Requires => self.requires(node)?,
            Kind::New => {
                self.put("new ");
                let mut parts = node.children.iter();
                if node.number % 2 == 1 {
                    self.in_parentheses(*parts.next()?)?;
                    self.put(" ");
                }
                self.part(*parts.next()?)?;
                if let Some(initial) = parts.next() {
                    self.in_parentheses(*initial)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// What a lambda takes, and what it requires.
    fn lambda(&mut self, node: &Node<'_>) -> Option<()> {
        if let Some(template) = node.children.get(1)
            && !self.node(*template)?.children.is_empty()
        {
            self.put("<");
            self.part(*template)?;
            self.put(">");
        }
        if self.requirement(node, 2)? {
            self.put(" ");
        }
        self.put("(");
        self.child(node, 0)?;
        self.put(")");
        self.requirement(node, 3)?;
        Some(())
    }

    /// ` requires …`, and whether there is anything.
    fn requirement(&mut self, node: &Node<'_>, at: usize) -> Option<bool> {
        let Some(&requirement) = node.children.get(at) else {
            return Some(false);
        };
        let node = self.node(requirement)?;
        let any = node.kind != Kind::List || !node.children.is_empty();
        if any {
            self.put(" requires ");
            self.part(requirement)?;
        }
        Some(any)
    }

    fn requires(&mut self, node: &'p Node<'p>) -> Option<()> {
        self.put("requires");
        let (parameters, requirements) = node.children.split_first()?;
        if !self.node(*parameters)?.children.is_empty() {
            self.put(" (");
            self.part(*parameters)?;
            self.put(")");
        }
        self.put(" {");
        for requirement in requirements {
            let requirement = self.node(*requirement)?;
            self.put(match requirement.text {
                b"T" => " typename ",
                b"Q" => " requires ",
                b"X" => " ",
                _ => " {",
            });
            self.child(requirement, 0)?;
            if requirement.text == b"{" {
                self.put("}");
            }
            self.put(if requirement.number == 1 {
                " noexcept"
            } else {
                ""
            });
            if let Some(returned) = requirement.children.get(1) {
                self.put(" -> ");
                self.part(*returned)?;
            }
            self.put(";");
        }
        self.put(" }");
        Some(())
    }

    /// The name alone of a function whose type is known, if it is one (and, unless any will do,
    /// returns nothing that is told).
    fn function_name(&self, id: Id, any: bool) -> Option<Option<Id>> {
        let node = self.node(id)?;
        if node.kind != Kind::Typed {
            return Some(None);
        }
        let ty = self.node(*node.children.get(1)?)?.kind;
        let is_function = matches!(ty, Kind::Function | Kind::Returning);
        let wanted = if any {
            is_function
        } else {
            ty != Kind::Returning
        };
        Some(node.first().filter(|_| wanted))
    }

    fn binary(&mut self, node: &'p Node<'p>) -> Option<()> {
        let [operator, left, right] = *node.children.as_slice() else {
            return None;
        };
        let text = self.node(operator)?.text;
        if text.ends_with(b"cast") {
            self.put(text);
            self.put("<");
            self.part(left)?;
            self.put(">(");
            self.part(right)?;
            self.put(")");
            return Some(());
        }
        if self.is_designator(node) {
            self.put(if text == b"=" { "." } else { "[" });
            self.part(left)?;
            self.put(if text == b"=" { "" } else { "]" });
            return self.designated(right);
        }
        let outer = matches!(text, b">" | b">>");
        self.put(if outer { "(" } else { "" });
        let is_typed = self.node(left)?.kind == Kind::Typed;
        match self.function_name(left, false)? {
            Some(name) if text == b"()" => self.in_parentheses(name)?,
            None if text == b"()" && is_typed => self.part(left)?,
            _ => self.in_parentheses(left)?,
        }
        if text == b"[]" {
            self.put("[");
            self.part(right)?;
            self.put("]");
            return Some(());
        }
        if text != b"()" {
            self.operator(node)?;
        }
        self.in_parentheses(right)?;
        self.put(if outer { ")" } else { "" });
        Some(())
    }

    /// Whether it says which part of an object is initialized; as pprof, an assignment looks the same.
    fn is_designator(&self, node: &Node<'_>) -> bool {
        let part = |at: usize| self.node(*node.children.get(at)?);
        match (node.kind, part(0).map(|operator| operator.text)) {
            (Kind::Binary, Some(b"]=")) | (Kind::Trinary, Some(b"[...]=")) => true,
            (Kind::Binary, Some(b"=")) => {
                part(1).is_some_and(|left| !matches!(left.kind, Kind::Literal))
            }
            _ => false,
        }
    }

    /// What a part is initialized with; a part of that part follows at once.
    fn designated(&mut self, value: Id) -> Option<()> {
        if self.is_designator(self.node(value)?) {
            return self.part(value);
        }
        self.put("=");
        self.in_parentheses(value)
    }

    fn fold(&mut self, node: &'p Node<'p>) -> Option<()> {
        self.put("(");
        let (first, second) = (*node.children.get(1)?, node.children.get(2));
        match (second, node.text) {
            (Some(second), _) => {
                self.in_parentheses(first)?;
                self.operator(node)?;
                self.put("...");
                self.operator(node)?;
                self.in_parentheses(*second)?;
            }
            (None, b"l") => {
                self.put("...");
                self.operator(node)?;
                self.in_parentheses(first)?;
            }
            _ => {
                self.in_parentheses(first)?;
                self.operator(node)?;
                self.put("...");
            }
        }
        self.put(")");
        Some(())
    }

    fn literal(&mut self, node: &Node<'_>) -> Option<()> {
        let ty = self.node(node.first()?)?;
        let name = if ty.kind == Kind::Builtin {
            ty.text
        } else {
            b""
        };
        let negative = node.number == 1;
        let suffix = match name {
            b"int" => Some(""),
            b"unsigned int" => Some("u"),
            b"long" => Some("l"),
            b"unsigned long" => Some("ul"),
            b"long long" => Some("ll"),
            b"unsigned long long" => Some("ull"),
            _ => None,
        };
        if let Some(suffix) = suffix {
            self.put(if negative { "-" } else { "" });
            self.put(node.text);
            self.put(suffix);
            return Some(());
        }
        match (name, node.text) {
            (b"bool", b"0") if !negative => self.put("false"),
            (b"bool", b"1") if !negative => self.put("true"),
            (b"decltype(nullptr)", b"" | b"0") => self.put(name),
            _ => {
                let float = matches!(
                    name,
                    b"double" | b"long double" | b"float" | b"__float128" | b"half"
                );
                self.put("(");
                self.child(node, 0)?;
                self.put(if float { ")[" } else { ")" });
                self.put(if negative { "-" } else { "" });
                self.put(node.text);
                self.put(if float { "]" } else { "" });
            }
        }
        Some(())
    }
}
