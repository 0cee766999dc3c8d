//! What compilers make beside functions: tables, thunks, guards.

use super::{Id, Kind, Parser};

impl Parser<'_> {
    pub(super) fn special(&mut self) -> Option<Id> {
        let code = [self.next()?, self.next()?];
        match &code {
            b"TV" => self.prefixed("vtable for ", Self::ty),
            b"TT" => self.prefixed("VTT for ", Self::ty),
            b"TI" => self.prefixed("typeinfo for ", Self::ty),
            b"TS" => self.prefixed("typeinfo name for ", Self::ty),
            b"TF" => self.prefixed("typeinfo fn for ", Self::ty),
            b"TJ" => self.prefixed("java Class for ", Self::ty),
            b"TA" => self.prefixed("template parameter object for ", Self::template_argument),
            b"TH" => self.prefixed("TLS init function for ", Self::name),
            b"TW" => self.prefixed("TLS wrapper function for ", Self::name),
            b"Th" => {
                self.offset(b'h')?;
                self.whole("non-virtual thunk to ")
            }
            b"Tv" => {
                self.offset(b'v')?;
                self.whole("virtual thunk to ")
            }
            b"Tc" => {
                for _ in 0..2 {
                    let kind = self.next()?;
                    self.offset(kind)?;
                }
                self.whole("covariant return thunk to ")
            }
            b"TC" => {
                let outer = self.ty()?;
                self.number().filter(|offset| *offset >= 0)?;
                self.must("_")?;
                let inner = self.ty()?;
                let within = self.node(Kind::Within, b"-in-", vec![inner, outer])?;
                self.node(Kind::Prefix, b"construction vtable for ", vec![within])
            }
            b"GV" => self.prefixed("guard variable for ", Self::name),
            b"GR" => {
                let reference = self.prefixed("reference temporary for ", Self::name);
                let rest = self.rest;
                let count = rest
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
                self.rest = rest.get(count.count()..)?;
                let ended = self.eat("_") || self.rest.is_empty();
                reference.filter(|_| ended)
            }
            b"GI" => self.prefixed("initializer for module ", |parser| parser.module(None)?),
            b"GA" => self.whole("hidden alias for "),
            b"GT" => match self.next()? {
                b'n' => self.whole("non-transaction clone for "),
                _ => self.whole("transaction clone for "),
            },
            _ => None,
        }
    }

    fn whole(&mut self, text: &'static str) -> Option<Id> {
        self.prefixed(text, |parser| parser.encoding(true, false))
    }

    fn prefixed(
        &mut self,
        text: &'static str,
        read: impl FnOnce(&mut Self) -> Option<Id>,
    ) -> Option<Id> {
        let part = read(self)?;
        self.node(Kind::Prefix, text.as_bytes(), vec![part])
    }

    fn offset(&mut self, kind: u8) -> Option<()> {
        self.number()?;
        if kind == b'v' {
            self.must("_")?;
            self.number()?;
        }
        matches!(kind, b'h' | b'v').then_some(())?;
        self.must("_")
    }
}
