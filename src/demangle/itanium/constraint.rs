//! What C++20 adds: template parameters of lambdas, and what templates require of their arguments.
//!
//! As pprof: inside a requirement a template parameter stays as it is written (`T0`), and what a list of
//! template arguments requires is read but not shown.

use super::{Id, Kind, Parser};

impl Parser<'_> {
    /// `Q` and an expression, where one stands here.
    pub(super) fn required(&mut self) -> Option<Option<Id>> {
        match self.eat("Q") {
            true => self.unresolved(Self::expression).map(Some),
            false => Some(None),
        }
    }

    /// Reads what leaves template parameters as they are.
    fn unresolved(&mut self, read: impl FnOnce(&mut Self) -> Option<Id>) -> Option<Id> {
        let before = std::mem::replace(&mut self.constraint, true);
        let part = read(self)?;
        self.constraint = before;
        Some(part)
    }

    pub(super) fn at_declaration(&self) -> bool {
        matches!(self.rest, [b'T', b'y' | b'k' | b'n' | b't' | b'p', ..])
    }

    /// The template parameters of a lambda and what they require, or nothing where it has none. The caller
    /// takes the template they make off the stack.
    pub(super) fn lambda_template(&mut self) -> Option<Vec<Id>> {
        let mut template = None;
        let mut parameters = Vec::new();
        while self.at_declaration() {
            parameters.push(self.declared(&mut template)?);
        }
        let requirement = self.required()?;
        if parameters.is_empty() && requirement.is_none() {
            return Some(Vec::new());
        }
        let mut children = vec![self.node(Kind::List, b"", parameters)?];
        children.push(match requirement {
            Some(requirement) => requirement,
            None => self.node(Kind::List, b"", Vec::new())?,
        });
        Some(children)
    }

    /// A declaration; those that follow may name it.
    fn declared(&mut self, template: &mut Option<Id>) -> Option<Id> {
        let (parameter, value) = self.deeper(Self::declaration)?;
        if template.is_none() {
            let name = self.leaf(b"lambda")?;
            *template = Some(self.node(Kind::Template, b"", vec![name])?);
            self.templates.push(*template);
        }
        self.nodes.get_mut((*template)?)?.children.push(value);
        Some(parameter)
    }

    /// A template parameter, and what names it.
    fn declaration(&mut self) -> Option<(Id, Id)> {
        self.must("T")?;
        let (parameter, name) = match self.next()? {
            b'y' => {
                let name = self.param_name(0, b"$T")?;
                (self.node(Kind::TypeParam, b"", vec![name])?, name)
            }
            b'k' => {
                let concept = self.unresolved(Self::name)?;
                let name = self.param_name(0, b"$T")?;
                (self.node(Kind::NamedParam, b"", vec![concept, name])?, name)
            }
            b'n' => {
                let name = self.param_name(1, b"$N")?;
                let ty = self.ty()?;
                (self.node(Kind::NamedParam, b"n", vec![ty, name])?, name)
            }
            b't' => {
                let name = self.param_name(2, b"$TT")?;
                (self.declared_template(name)?, name)
            }
            b'p' => {
                let (parameter, name) = self.deeper(Self::declaration)?;
                (self.node(Kind::PackParam, b"", vec![parameter])?, name)
            }
            _ => return None,
        };
        Some((parameter, name))
    }

    fn param_name(&mut self, counter: usize, text: &'static [u8]) -> Option<Id> {
        let count = self.names.get_mut(counter)?;
        *count += 1;
        let number = *count - 1;
        self.numbered(Kind::ParamName, text, number, Vec::new())
    }

    /// A template that is a parameter itself.
    fn declared_template(&mut self, name: Id) -> Option<Id> {
        let around = self.templates.len();
        let mut template = None;
        let mut parameters = Vec::new();
        let mut requirement = None;
        while !self.eat("E") {
            if requirement.is_some() {
                return None;
            }
            parameters.push(self.declared(&mut template)?);
            requirement = self.required()?;
        }
        self.templates.truncate(around);
        let mut children = vec![name, self.node(Kind::List, b"", parameters)?];
        children.extend(requirement);
        self.node(Kind::TemplateParam, b"", children)
    }

    /// An argument behind the parameter it is for, which is not shown.
    pub(super) fn declared_argument(&mut self, before: &[Id]) -> Option<Id> {
        let mut children = vec![self.leaf(b"")?];
        children.extend(before);
        let template = self.node(Kind::Template, b"", children)?;
        self.templates.push(Some(template));
        self.declaration()?;
        self.templates.pop();
        let argument = self.template_argument()?;
        self.node(Kind::Prefix, b"", vec![argument])
    }

    /// `requires (parameters) { requirements }`
    pub(super) fn requires(&mut self) -> Option<Id> {
        let mut parameters = Vec::new();
        if self.eat("rQ") {
            while !self.eat("_") {
                parameters.push(self.ty()?);
            }
        } else {
            self.must("rq")?;
        }
        let mut children = vec![self.node(Kind::List, b"", parameters)?];
        children.extend(self.up_to_end(Self::requirement)?);
        self.node(Kind::Requires, b"", children)
    }

    fn requirement(&mut self) -> Option<Id> {
        match self.next()? {
            b'X' => {
                let mut children = vec![self.expression()?];
                let noexcept = self.eat("N");
                if self.eat("R") {
                    children.push(self.name()?);
                }
                let braces = noexcept || children.len() > 1;
                let text: &[u8] = if braces { b"{" } else { b"X" };
                self.numbered(Kind::Requirement, text, usize::from(noexcept), children)
            }
            b'T' => {
                let ty = self.ty()?;
                self.node(Kind::Requirement, b"T", vec![ty])
            }
            b'Q' => {
                let expression = self.expression()?;
                self.node(Kind::Requirement, b"Q", vec![expression])
            }
            _ => None,
        }
    }
}
