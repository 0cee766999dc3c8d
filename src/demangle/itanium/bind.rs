//! Template parameters and the arguments they stand for.

use super::{Id, Kind, Node, Parser};
use crate::hash::Map;

impl<'n> Parser<'n> {
    /// `T_`, `T0_`, …: a parameter of the innermost template, or of the lambda that is being read.
    pub(super) fn template_param(&mut self) -> Option<Id> {
        let written = self.rest;
        self.must("T")?;
        let level = match self.eat("L") {
            true => self.compact_number()?,
            false => 0,
        };
        let index = self.compact_number()?;
        if self.constraint {
            let length = written.len() - self.rest.len() - 1;
            return self.leaf(written.get(..length)?);
        }
        let in_lambda = self.lambda > 0 && level == self.lambda - 1;
        match self.templates.get(level).copied() {
            Some(None) => self.numbered(Kind::Param, b"", index, Vec::new()),
            Some(Some(template)) if self.child(template, index + 1).is_some() => {
                self.numbered(Kind::Param, b"", index, vec![template])
            }
            _ if in_lambda => self.numbered(Kind::Auto, b"", index, Vec::new()),
            _ => None,
        }
    }

    /// What a parameter stands for, if it is one and that is known.
    pub(super) fn resolved(&self, id: Id) -> Id {
        let argument = || {
            let node = self.nodes.get(id).filter(|node| node.kind == Kind::Param)?;
            self.child(node.first()?, node.number + 1)
        };
        argument().map_or(id, |argument| self.resolved(argument))
    }

    /// Tells the parameters in a part whose template was not known what it is.
    pub(super) fn bind(&mut self, part: Id, template: Option<Id>) -> Option<()> {
        let mut open = Vec::new();
        if !self.nodes.get(part)?.open {
            return Some(());
        }
        self.visit(part, &mut Map::default(), &mut |id, node| {
            if node.kind == Kind::Param && node.children.is_empty() {
                open.push(id);
            }
            node.open && !matches!(node.kind, Kind::Param | Kind::Lambda)
        });
        for id in open {
            let template = template?;
            let node = self.nodes.get_mut(id)?;
            node.children = vec![template];
            let index = node.number;
            self.child(template, index + 1)?;
        }
        Some(())
    }

    /// Shows every part to `look` once, root first; it tells whether to look deeper.
    fn visit(&self, id: Id, seen: &mut Map<Id, ()>, look: &mut dyn FnMut(Id, &Node<'n>) -> bool) {
        let Some(node) = self.nodes.get(id).filter(|_| seen.insert(id, ()).is_none()) else {
            return;
        };
        if look(id, node) {
            for child in &node.children {
                self.visit(*child, seen, look);
            }
        }
    }

    /// A part that was met before, its parameters bound to the template at hand.
    pub(super) fn bound_anew(&mut self, id: Id) -> Option<Id> {
        if !self.nodes.get(id)?.bound {
            return Some(id);
        }
        let template = match self.templates.last() {
            Some(template) => Some(*template),
            None => (self.kind(id)? == Kind::Template).then_some(Some(id)),
        };
        self.rebuild(id, &mut Map::default(), &mut |parser, id| {
            let node = parser.nodes.get(id)?;
            let (kind, index) = (node.kind, node.number);
            match kind {
                Kind::Lambda => return parser.generic(id).map(Some),
                Kind::Typed => {
                    // A function template around a local name: its parameters are its own.
                    let name = parser.kind(parser.child(id, 0)?)?;
                    return Some((name == Kind::Template).then_some(id));
                }
                Kind::Param | Kind::Auto => {}
                _ => return Some(None),
            }
            if parser.constraint {
                return parser
                    .numbered(Kind::ParamName, b"T", index + 1, Vec::new())
                    .map(Some);
            }
            if parser.lambda > 0 {
                return parser
                    .numbered(Kind::Auto, b"", index, Vec::new())
                    .map(Some);
            }
            let template = template?;
            if let Some(template) = template {
                parser.child(template, index + 1)?;
            }
            let children = Vec::from_iter(template);
            parser.numbered(Kind::Param, b"", index, children).map(Some)
        })
    }

    /// A lambda whose parameters depend on no template around it.
    fn generic(&mut self, lambda: Id) -> Option<Id> {
        self.rebuild(lambda, &mut Map::default(), &mut |parser, id| {
            let node = parser.nodes.get(id)?;
            let index = node.number;
            match node.kind {
                Kind::Param => parser
                    .numbered(Kind::Auto, b"", index, Vec::new())
                    .map(Some),
                _ => Some(None),
            }
        })
    }

    /// A copy in which `replace` puts something else in some places; nothing is copied without need.
    fn rebuild(
        &mut self,
        id: Id,
        made: &mut Map<Id, Id>,
        replace: &mut dyn FnMut(&mut Self, Id) -> Option<Option<Id>>,
    ) -> Option<Id> {
        if let Some(made) = made.get(&id) {
            return Some(*made);
        }
        let copy = match replace(self, id)? {
            Some(other) => other,
            None if !self.nodes.get(id)?.bound => id,
            None => {
                let node = self.nodes.get(id)?.clone();
                let mut children = Vec::with_capacity(node.children.len());
                for child in &node.children {
                    children.push(self.deeper(|parser| parser.rebuild(*child, made, replace))?);
                }
                match children == node.children {
                    true => id,
                    false => self.simplified(node.kind, node.text, node.number, children)?,
                }
            }
        };
        made.insert(id, copy);
        Some(copy)
    }

    /// `pattern...`: the pattern once for each argument of its pack, where that is known.
    pub(super) fn expanded(&mut self, pattern: Id) -> Option<Id> {
        let mut pack = None;
        self.visit(pattern, &mut Map::default(), &mut |id, node| {
            let argument = self.resolved(id);
            if node.kind == Kind::Param && self.kind(argument) == Some(Kind::Pack) {
                pack.get_or_insert(argument);
            }
            node.bound && !matches!(node.kind, Kind::Param | Kind::Expansion | Kind::Lambda)
        });
        let Some(pack) = pack else {
            return self.node(Kind::Expansion, b"", vec![pattern]);
        };
        let mut copies = Vec::new();
        for argument in self.nodes.get(pack)?.children.clone() {
            let copy = self.rebuild(pattern, &mut Map::default(), &mut |parser, id| {
                let node = parser.nodes.get(id)?;
                let is_param = node.kind == Kind::Param;
                Some((is_param && parser.resolved(id) == pack).then_some(argument))
            });
            copies.push(copy?);
        }
        self.node(Kind::List, b"", copies)
    }
}
