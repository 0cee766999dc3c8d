//! The Profile message, field by field off the stream, straight into the builder's columns.
//!
//! Only one field of the profile is in memory at a time; what a field means is in fields.rs, how it
//! is encoded in wire.rs, which rows it may refer to in build.rs.

use super::build::{Builder, FunctionRow, LocationRow, TextRef};
use super::error::{DecodeError, Kind, Offset};
use super::fields::{function, label, line, location, mapping, profile, sample, value_type};
use super::stream::Stream;
use super::wire::{Body, HEAD, Slice, Value, head, number};
use crate::model::{Label, LabelSetId, LabelValue, Mapping, Profile, Str, ValueType};

type Decoded<T> = Result<T, DecodeError>;

/// Decodes a whole profile, and what reads its samples again where these are not held.
pub(super) fn decode(
    stream: &mut Stream<'_>,
    builder: Builder,
) -> Decoded<(Profile, Option<Decoder>)> {
    let mut decoder = Decoder::new(builder);
    while decoder.window(stream)? {}
    let (profile, builder) = decoder.finish().finish(stream.place().count())?;
    Ok((profile, builder.map(Decoder::new)))
}

/// The texts that stand once in a profile, as numbers of strings; the last of each counts.
#[derive(Default)]
struct Texts {
    drop_frames: Option<TextRef>,
    keep_frames: Option<TextRef>,
    default_sample_type: Option<TextRef>,
    doc_url: Option<TextRef>,
    period_kind: Option<TextRef>,
    period_unit: Option<TextRef>,
}

/// A profile on its way into the builder, field by field.
pub(super) struct Decoder {
    pub(super) builder: Builder,
    texts: Texts,
}

impl Decoder {
    fn new(builder: Builder) -> Self {
        Decoder {
            builder,
            texts: Texts::default(),
        }
    }

    /// Decodes what is buffered, or waits for the rest of a field; false at the end.
    pub(super) fn window(&mut self, stream: &mut Stream<'_>) -> Decoded<bool> {
        if !stream.ensure(1, &mut self.builder.budget)? {
            return Ok(false);
        }
        let more = stream.ensure(HEAD, &mut self.builder.budget)?;
        let window = Slice {
            bytes: stream.available(),
            at: stream.place(),
        };
        let used = self.fields(window, if more { HEAD } else { 1 })?;
        stream.consume(used);
        if used == 0 {
            self.wait(stream)?;
        }
        Ok(true)
    }

    /// A field of the profile that is a number.
    fn number(&mut self, field: u64, value: u64, place: Offset) -> Decoded<()> {
        let at = place.count();
        let text = TextRef { index: value, at };
        let header = &mut self.builder.profile.header;
        match field {
            profile::DROP_FRAMES => self.texts.drop_frames = Some(text),
            profile::KEEP_FRAMES => self.texts.keep_frames = Some(text),
            profile::TIME_NANOS => match header.time_nanos {
                0 => header.time_nanos = value.cast_signed(),
                _ => return Err(Kind::Concatenated.at(place).into()),
            },
            profile::DURATION_NANOS => header.duration_nanos = value.cast_signed(),
            profile::PERIOD => header.period = value.cast_signed(),
            profile::COMMENT => self.builder.comment(text)?,
            profile::DEFAULT_SAMPLE_TYPE => self.texts.default_sample_type = Some(text),
            profile::DOC_URL => self.texts.doc_url = Some(text),
            // The others are not numbers.
            _ => {}
        }
        Ok(())
    }

    /// The error of a field of the wrong type; that it stands there twice comes first.
    fn wrong_type(&self, field: u64, kind: Kind) -> Kind {
        match (field, self.builder.profile.header.time_nanos) {
            (profile::TIME_NANOS, time) if time != 0 => Kind::Concatenated,
            _ => kind,
        }
    }

    fn is_known(&self, field: u64) -> bool {
        field != profile::SAMPLE && self.builder.passing.is_again()
    }

    /// Decodes the fields that are whole, while at least `head` bytes are left; how many bytes that took.
    fn fields(&mut self, window: Slice<'_>, head: usize) -> Decoded<usize> {
        let mut rest = window;
        while rest.bytes.len() >= head {
            let (head, split) = rest.split()?;
            let Some((body, after)) = split else { break };
            match (head.body, profile::MESSAGE.knows(head)) {
                (_, Err(kind)) => {
                    return Err(self.wrong_type(head.number, kind).at(rest.at).into());
                }
                (_, Ok(false)) => {}
                // What is read again has given all but its samples.
                (_, Ok(true)) if self.is_known(head.number) => {}
                (Body::Number(value), Ok(true)) => self.number(head.number, value, rest.at)?,
                (_, Ok(true)) => self.message(head.number, body)?,
            }
            rest = after;
        }
        Ok(window.bytes.len().saturating_sub(rest.bytes.len()))
    }

    /// Waits for the rest of the field at the front, which is longer than what is buffered; drops it
    /// where nobody wants it.
    fn wait(&mut self, stream: &mut Stream<'_>) -> Decoded<()> {
        let at = stream.place();
        let head = head(stream.available()).map_err(|(kind, past)| kind.at(at.plus(past)))?;
        let size = head.body_size();
        let wanted = profile::MESSAGE.knows(head);
        let wanted = wanted.map(|wanted| wanted && !self.is_known(head.number));
        let missing = match wanted {
            Ok(true) => {
                let whole = usize::try_from(size).ok();
                let whole = whole.and_then(|size| size.checked_add(head.size));
                let whole = whole.unwrap_or(usize::MAX);
                if stream.ensure(whole, &mut self.builder.budget)? {
                    return Ok(());
                }
                whole.saturating_sub(stream.available().len())
            }
            Ok(false) | Err(_) => {
                stream.consume(head.size);
                let missing = stream.skip(size, &mut self.builder.budget)?;
                usize::try_from(missing).unwrap_or(usize::MAX)
            }
        };
        if missing > 0 {
            let missing = u64::try_from(missing).unwrap_or(u64::MAX);
            return Err(head.too_long(size.saturating_sub(missing)).at(at).into());
        }
        wanted.map_err(|kind| self.wrong_type(head.number, kind).at(at))?;
        Ok(())
    }

    /// A field of the profile that is bytes.
    fn message(&mut self, field: u64, body: Slice<'_>) -> Decoded<()> {
        match field {
            profile::SAMPLE => self.sample(body),
            profile::SAMPLE_TYPE => self.sample_type(body),
            profile::MAPPING => self.mapping(body),
            profile::LOCATION => self.location(body),
            profile::FUNCTION => self.function(body),
            profile::STRING_TABLE => self.builder.string(body.bytes, body.at.count()),
            profile::PERIOD_TYPE => self.period_type(body),
            profile::COMMENT => self.comments(body),
            // The others are not bytes.
            _ => Ok(()),
        }
    }

    fn comments(&mut self, mut body: Slice<'_>) -> Decoded<()> {
        while !body.bytes.is_empty() {
            let at = body.at.count();
            let index = body.take_number()?;
            self.builder.comment(TextRef { index, at })?;
        }
        Ok(())
    }

    fn sample_type(&mut self, body: Slice<'_>) -> Decoded<()> {
        let at = body.at.count();
        let (kind, unit) = value_type_texts(body)?;
        let value_type = ValueType {
            kind: self.builder.text(kind),
            unit: self.builder.text(unit),
        };
        self.builder.sample_type(value_type, at)
    }

    fn period_type(&mut self, body: Slice<'_>) -> Decoded<()> {
        let (kind, unit) = value_type_texts(body)?;
        self.texts.period_kind = Some(kind);
        self.texts.period_unit = Some(unit);
        Ok(())
    }

    fn mapping(&mut self, mut body: Slice<'_>) -> Decoded<()> {
        let at = body.at.count();
        let mut row = Mapping::default();
        let (mut file, mut build_id) = (0, 0);
        while let Some((field, value)) = body.field(&mapping::MESSAGE)? {
            let Value::Number(value) = value else {
                continue;
            };
            match field {
                mapping::ID => row.id = value,
                mapping::MEMORY_START => row.start = value,
                mapping::MEMORY_LIMIT => row.limit = value,
                mapping::FILE_OFFSET => row.offset = value,
                mapping::FILENAME => file = value,
                mapping::BUILD_ID => build_id = value,
                mapping::HAS_FUNCTIONS => row.has_functions = value != 0,
                mapping::HAS_FILENAMES => row.has_filenames = value != 0,
                mapping::HAS_LINE_NUMBERS => row.has_line_numbers = value != 0,
                mapping::HAS_INLINE_FRAMES => row.has_inline_frames = value != 0,
                // The message has no other field.
                _ => {}
            }
        }
        row.file = self.builder.text(TextRef { index: file, at });
        row.build_id = self.builder.text(TextRef {
            index: build_id,
            at,
        });
        self.builder.mapping(row, at)
    }

    fn location(&mut self, mut body: Slice<'_>) -> Decoded<()> {
        let at = body.at.count();
        let mut row = LocationRow::default();
        while let Some((field, value)) = body.field(&location::MESSAGE)? {
            match (field, value) {
                (location::ID, Value::Number(value)) => row.id = value,
                (location::MAPPING_ID, Value::Number(value)) => row.mapping = value,
                (location::ADDRESS, Value::Number(value)) => row.address = value,
                (location::IS_FOLDED, Value::Number(value)) => row.folded = value != 0,
                (location::LINE, Value::Bytes(bytes)) => self.line(bytes)?,
                // The message has no other field.
                _ => {}
            }
        }
        self.builder.location(&row, at)
    }

    fn line(&mut self, mut body: Slice<'_>) -> Decoded<()> {
        let at = body.at.count();
        let (mut function, mut number, mut column) = (0, 0u64, 0u64);
        while let Some((field, value)) = body.field(&line::MESSAGE)? {
            let Value::Number(value) = value else {
                continue;
            };
            match field {
                line::FUNCTION_ID => function = value,
                line::LINE => number = value,
                line::COLUMN => column = value,
                // The message has no other field.
                _ => {}
            }
        }
        let (number, column) = (number.cast_signed(), column.cast_signed());
        self.builder.line(function, number, column, at)
    }

    fn function(&mut self, mut body: Slice<'_>) -> Decoded<()> {
        let at = body.at.count();
        let mut row = FunctionRow::default();
        while let Some((field, value)) = body.field(&function::MESSAGE)? {
            let Value::Number(value) = value else {
                continue;
            };
            match field {
                function::ID => row.id = value,
                function::NAME => row.name = value,
                function::SYSTEM_NAME => row.system_name = value,
                function::FILENAME => row.filename = value,
                function::START_LINE => row.start_line = value.cast_signed(),
                // The message has no other field.
                _ => {}
            }
        }
        self.builder.function(&row, at)
    }

    /// All rows, the header among them.
    fn finish(mut self) -> Builder {
        let builder = &mut self.builder;
        let texts = self.texts;
        let mut text = |text: Option<TextRef>| text.map_or(Str::EMPTY, |text| builder.text(text));
        let drop_frames = text(texts.drop_frames);
        let keep_frames = text(texts.keep_frames);
        let default_sample_type = text(texts.default_sample_type);
        let doc_url = text(texts.doc_url);
        let period_type = ValueType {
            kind: text(texts.period_kind),
            unit: text(texts.period_unit),
        };
        let header = &mut builder.profile.header;
        header.drop_frames = drop_frames;
        header.keep_frames = keep_frames;
        header.default_sample_type = default_sample_type;
        header.doc_url = doc_url;
        header.period_type = period_type;
        self.builder
    }
}

// Samples, which are most of a profile.
impl Decoder {
    fn sample(&mut self, mut body: Slice<'_>) -> Decoded<()> {
        let at = body.at.count();
        self.builder.begin_sample(at);
        // The stretch from the first label on, and what is left after the last.
        let (mut labels, mut after) = (body, body.bytes.len());
        let mut before = body;
        loop {
            // A call a field would cost as much as what is in it.
            let (field, value) = match body.take_short() {
                Some((field, bytes)) => (field, Value::Bytes(bytes)),
                None => match body.field(&sample::MESSAGE)? {
                    Some(field) => field,
                    None => break,
                },
            };
            match (field, value) {
                (sample::LOCATION_ID, Value::Bytes(bytes)) => self.builder.frames(bytes)?,
                (sample::LOCATION_ID, Value::Number(id)) => self.builder.frame(id, body.at)?,
                (sample::VALUE, Value::Bytes(bytes)) => self.values(bytes)?,
                (sample::VALUE, Value::Number(value)) => {
                    self.builder.value(value.cast_signed(), at)?;
                }
                (sample::LABEL, _) => {
                    if labels.bytes.len() == after {
                        labels = before;
                    }
                    after = body.bytes.len();
                }
                // No other field means anything.
                _ => {}
            }
            before = body;
        }
        let labels = self.labels(labels.without_last(after))?;
        self.builder.end_sample(at, labels)
    }

    /// The list of the labels among some fields of a sample.
    fn labels(&mut self, mut fields: Slice<'_>) -> Decoded<LabelSetId> {
        if let Some(known) = self.builder.known_labels(fields.bytes) {
            return Ok(known);
        }
        let whole = fields;
        self.builder.begin_labels();
        while let Some((field, value)) = fields.field(&sample::MESSAGE)? {
            if let (sample::LABEL, Value::Bytes(label)) = (field, value) {
                self.label(label)?;
            }
        }
        self.builder.end_labels(whole.bytes, whole.at.count())
    }

    fn values(&mut self, body: Slice<'_>) -> Decoded<()> {
        let mut rest = body.bytes;
        while !rest.is_empty() {
            let place = body.ahead(rest);
            let value = number(&mut rest).map_err(|kind| kind.at(place))?;
            self.builder.value(value.cast_signed(), place.count())?;
        }
        Ok(())
    }

    fn label(&mut self, mut body: Slice<'_>) -> Decoded<()> {
        let at = body.at.count();
        let (mut key, mut text, mut number, mut unit) = (0, 0, 0u64, 0);
        while let Some((field, value)) = body.field(&label::MESSAGE)? {
            let Value::Number(value) = value else {
                continue;
            };
            match field {
                label::KEY => key = value,
                label::STR => text = value,
                label::NUM => number = value,
                label::NUM_UNIT => unit = value,
                // The message has no other field.
                _ => {}
            }
        }
        let builder = &mut self.builder;
        let mut string = |index| builder.text(TextRef { index, at });
        let key = string(key);
        // As pprof-behaviour 2.2: text goes before a number, and all zero means no label.
        let value = match (text, number, unit) {
            (0, 0, 0) => return Ok(()),
            (0, number, 0) => LabelValue::Number(number.cast_signed(), None),
            (0, number, unit) => LabelValue::Number(number.cast_signed(), Some(string(unit))),
            (text, ..) => LabelValue::Text(string(text)),
        };
        self.builder.label(Label { key, value }, at)
    }
}

fn value_type_texts(mut body: Slice<'_>) -> Decoded<(TextRef, TextRef)> {
    let at = body.at.count();
    let (mut kind, mut unit) = (0, 0);
    while let Some((field, value)) = body.field(&value_type::MESSAGE)? {
        let Value::Number(value) = value else {
            continue;
        };
        match field {
            value_type::TYPE => kind = value,
            value_type::UNIT => unit = value,
            // The message has no other field.
            _ => {}
        }
    }
    Ok((TextRef { index: kind, at }, TextRef { index: unit, at }))
}
