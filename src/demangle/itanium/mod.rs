//! Names of C++ by the Itanium ABI: parsed into a graph of parts, which is then printed.
//!
//! A part that the name refers back to is one node, however often it is shown. As pprof: without
//! parameters only the name in front of them is read, and whatever follows is left out.

mod bind;
mod constraint;
mod expression;
mod name;
mod operator;
mod print;
mod special;
mod types;

use super::Style;

/// A node's number in the [`Parser`].
type Id = usize;

/// How deep parts may stand in each other.
const MAX_DEPTH: u32 = 300;
/// How many parts a name may have, copies counted.
const MAX_NODES: usize = 50_000;

/// The name behind `_Z`.
pub(super) fn read(name: &[u8], style: Style) -> Option<Vec<u8>> {
    let mut parser = Parser {
        rest: name,
        ..Parser::default()
    };
    let root = parser.encoding(style == Style::Full, false)?;
    print::print(&parser.nodes, root, style)
}

/// What a part is, and what its children are in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing but its text.
    Name,
    /// A builtin type: its text.
    Builtin,
    /// scope, name
    Qualified,
    /// function, what is local to it
    Local,
    /// name, arguments
    Template,
    /// The argument with this number of a template: the template, or none while it is not known.
    Param,
    /// The parameter with this number of a generic lambda.
    Auto,
    /// name, type
    Typed,
    /// type, qualifiers
    Qualifiers,
    /// method or its type, qualifiers; the text is a reference qualifier
    Method,
    /// A qualifier: expressions.
    Qualifier,
    Pointer,
    Reference,
    Rvalue,
    /// A type and what stands behind it.
    Suffix,
    /// type, qualifier
    Vendor,
    /// dimension, element
    Array,
    /// return type, parameters
    Returning,
    /// parameters
    Function,
    /// parameters of the function around a local name; its return type is not kept
    Enclosing,
    /// class, member
    Member,
    /// dimension, element
    Vector,
    /// Text, then the child in parentheses.
    Call,
    Operator,
    /// A conversion: the type.
    Cast,
    /// A constructor: its class, the base it is inherited from.
    Constructor,
    Destructor,
    /// name, tag
    Tagged,
    /// A pattern whose pack is not known.
    Expansion,
    /// Arguments that stand for one parameter.
    Pack,
    /// Expressions that stand beside each other.
    List,
    /// Text before the child.
    Prefix,
    /// A vtable in another: inner, outer.
    Within,
    /// parameters; behind them, where it has template parameters: these, what they require, what the call requires
    Lambda,
    /// A template parameter of a lambda; the number counts those of its kind.
    ParamName,
    /// name
    TypeParam,
    /// type or concept, name; the text is `n` for a value
    NamedParam,
    /// name, parameters, what they require
    TemplateParam,
    /// parameter
    PackParam,
    /// parameters, requirements
    Requires,
    /// expression or type, what the expression returns; the text is `X`, `{` where braces are around, `T` or `Q`
    Requirement,
    /// type; the text tells of saturation, the number is 1 for `_Accum`
    Fixed,
    /// outer module, name; the text stands between
    Module,
    /// name, module
    Entity,
    Unnamed,
    /// What stands in the default of a parameter.
    DefaultArgument,
    /// A value: its type; the number tells whether it is negative.
    Literal,
    /// A number of arguments.
    Count,
    /// A floating-point type of so many bits.
    FloatBits,
    /// operator
    Nullary,
    /// operator, operand
    Unary,
    /// operator, operand
    Postfix,
    /// operator, type
    OfType,
    /// operator, left, right
    Binary,
    /// operator, first, second, third
    Trinary,
    /// operator, first, and second or nothing; the text tells the side of the dots
    Fold,
    /// type if the text is `t`, then the elements
    Braces,
    /// placement if the number is 1 or 3, type, initializer if it is 2 or 3
    New,
    /// A parameter of the function that the expression stands in.
    FunctionParam,
    StringLiteral,
    LambdaValue,
    /// names
    Bindings,
    /// type, value
    MemberCast,
    /// type, object
    Subobject,
}

#[derive(Clone, Debug)]
struct Node<'n> {
    kind: Kind,
    text: &'n [u8],
    number: usize,
    children: Vec<Id>,
    /// A template parameter is in it.
    bound: bool,
    /// One whose template is not known yet.
    open: bool,
}

impl Node<'_> {
    /// The first of its children.
    fn first(&self) -> Option<Id> {
        self.children.first().copied()
    }
}

#[derive(Default)]
struct Parser<'n> {
    rest: &'n [u8],
    nodes: Vec<Node<'n>>,
    /// What the name may refer back to.
    known: Vec<Id>,
    /// The templates whose arguments are in scope; none for one that is not yet read.
    templates: Vec<Option<Id>>,
    /// While a lambda is read, how many templates are around it, and one.
    lambda: usize,
    /// How many template parameters of lambdas were named: types, values, templates.
    names: [usize; 3],
    /// While what a template requires is read: its parameters stay as they are written.
    constraint: bool,
    /// Whether the name read last takes its object as a parameter.
    explicit: bool,
    depth: u32,
}

impl<'n> Parser<'n> {
    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text.as_bytes()) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn must(&mut self, text: &str) -> Option<()> {
        self.eat(text).then_some(())
    }

    fn at_digit(&self) -> bool {
        self.peek().is_some_and(|byte| byte.is_ascii_digit())
    }

    /// A part inside a part.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn node(&mut self, kind: Kind, text: &'n [u8], children: Vec<Id>) -> Option<Id> {
        self.numbered(kind, text, 0, children)
    }

    fn numbered(
        &mut self,
        kind: Kind,
        text: &'n [u8],
        number: usize,
        children: Vec<Id>,
    ) -> Option<Id> {
        if self.nodes.len() >= MAX_NODES {
            return None;
        }
        let nodes = &self.nodes;
        let any = |test: fn(&Node<'n>) -> bool| {
            let mut nodes = children.iter().filter_map(|child| nodes.get(*child));
            nodes.any(test)
        };
        let bound = matches!(kind, Kind::Param | Kind::Auto) || any(|node| node.bound);
        let open = matches!((kind, &children[..]), (Kind::Param, [])) || any(|node| node.open);
        self.nodes.push(Node {
            kind,
            text,
            number,
            children,
            bound,
            open,
        });
        Some(self.nodes.len() - 1)
    }

    fn leaf(&mut self, text: &'n [u8]) -> Option<Id> {
        self.node(Kind::Name, text, Vec::new())
    }

    fn kind(&self, id: Id) -> Option<Kind> {
        self.nodes.get(id).map(|node| node.kind)
    }

    fn child(&self, id: Id, at: usize) -> Option<Id> {
        self.nodes.get(id)?.children.get(at).copied()
    }

    /// Remembers what the name may refer back to.
    fn keep(&mut self, id: Id) -> Id {
        self.known.push(id);
        id
    }

    /// A number, negative after an `n`.
    fn number(&mut self) -> Option<i64> {
        let negative = self.eat("n");
        let count = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at_checked(count)?;
        let mut value = 0i64;
        for digit in digits {
            // As pprof.
            if value >= 214_748_354 {
                return None;
            }
            value = value * 10 + i64::from(digit - b'0');
        }
        self.rest = rest;
        (count > 0).then_some(if negative { -value } else { value })
    }

    /// `_` is 0, `0_` is 1.
    fn compact_number(&mut self) -> Option<usize> {
        if self.eat("_") {
            return Some(0);
        }
        let number = usize::try_from(self.number()?).ok()?;
        self.must("_")?;
        Some(number + 1)
    }

    fn source_name(&mut self) -> Option<Id> {
        let length = usize::try_from(self.number()?).ok()?;
        let (name, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        match name {
            [] => None,
            [
                b'_',
                b'G',
                b'L',
                b'O',
                b'B',
                b'A',
                b'L',
                b'_',
                b'.' | b'_' | b'$',
                b'N',
                _,
                ..,
            ] => self.leaf(b"(anonymous namespace)"),
            _ => self.leaf(name),
        }
    }

    /// Parts up to the `E` behind them.
    fn up_to_end(&mut self, mut part: impl FnMut(&mut Self) -> Option<Id>) -> Option<Vec<Id>> {
        let mut parts = Vec::new();
        while !self.eat("E") {
            parts.push(part(self)?);
        }
        Some(parts)
    }
}
