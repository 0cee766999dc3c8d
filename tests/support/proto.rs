//! Writes profile.proto by hand, for profiles that no honest program makes.

/// Bytes of one message.
#[derive(Default)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    /// A varint field.
    pub(crate) fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    /// A field of bytes: text, a message, packed numbers.
    pub(crate) fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    /// A field that is a message.
    pub(crate) fn message(self, field: u64, message: Message) -> Self {
        self.bytes(field, &message.0)
    }

    /// A packed field of small numbers.
    pub(crate) fn packed(self, field: u64, numbers: impl IntoIterator<Item = u64>) -> Self {
        let mut packed = Message::default();
        numbers.into_iter().for_each(|number| packed.varint(number));
        self.message(field, packed)
    }

    /// All its bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// A profile in which every text begins with its kind and goes on with `venom`.
pub(crate) fn poisoned(venom: &[u8]) -> Vec<u8> {
    let kinds = [
        "", "type", "unit", "function", "system", "file", "mapping", "buildid", "key", "value",
        "numkey", "numunit", "comment", "url", "inlined", "period",
    ];
    let mut profile = Message::default();
    for (at, kind) in kinds.iter().enumerate() {
        let venom = if at == 0 { &[] } else { venom };
        profile = profile.bytes(6, &[kind.as_bytes(), venom].concat());
    }
    let label = |key, field, value| Message::default().number(1, key).number(field, value);
    let line = |function, line| Message::default().number(1, function).number(2, line);
    let function = |id, name| {
        let function = Message::default().number(1, id).number(2, name);
        function.number(3, 4).number(4, 5).number(5, 1)
    };
    profile
        .message(1, Message::default().number(1, 1).number(2, 2))
        .message(
            2,
            Message::default()
                .packed(1, [1])
                .packed(2, [7])
                .message(3, label(8, 2, 9))
                .message(3, label(10, 3, 5).number(4, 11)),
        )
        .message(
            3,
            Message::default()
                .number(1, 1)
                .number(2, 0x1000)
                .number(3, 0x2000)
                .number(5, 6)
                .number(6, 7)
                .number(7, 1),
        )
        .message(
            4,
            Message::default()
                .number(1, 1)
                .number(2, 1)
                .number(3, 0x1234)
                .message(4, line(2, 6))
                .message(4, line(1, 5)),
        )
        .message(5, function(1, 3))
        .message(5, function(2, 14))
        .message(11, Message::default().number(1, 15).number(2, 2))
        .number(12, 1)
        .number(13, 12)
        .number(15, 13)
        .finish()
}

/// A profile of `samples` samples that share one stack, its functions leaf first.
pub(crate) fn stack(samples: usize, functions: &[String]) -> Vec<u8> {
    let depth = functions.len() as u64;
    let mut profile = Message::default();
    for text in ["", "cpu", "nanoseconds"] {
        profile = profile.bytes(6, text.as_bytes());
    }
    for (id, name) in (1..).zip(functions) {
        let line = Message::default().number(1, id).number(2, 1);
        profile = profile
            .bytes(6, name.as_bytes())
            .message(5, Message::default().number(1, id).number(2, id + 2))
            .message(4, Message::default().number(1, id).message(4, line));
    }
    for _ in 0..samples {
        let sample = Message::default()
            .packed(1, 1..=depth)
            .packed(2, [1_000_000]);
        profile = profile.message(2, sample);
    }
    profile
        .message(1, Message::default().number(1, 1).number(2, 2))
        .finish()
}
