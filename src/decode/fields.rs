//! The field numbers of profile.proto, message by message.
//!
//! `proto/profile.proto` says the same in the language of protobuf; a test holds this table against
//! it. The table also names fields in error texts.

/// How a field's values are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// One varint.
    Number,
    /// Any number of varints, each on its own or packed into one run of bytes.
    Numbers,
    /// A run of bytes: text or a nested message.
    Bytes,
}

/// A field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name in profile.proto.
    pub(crate) name: &'static str,
    /// How its values are encoded.
    pub(crate) encoding: Encoding,
}

/// A message: its fields, numbered from 1 without gaps.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its name in profile.proto.
    pub(crate) name: &'static str,
    /// Field 1, field 2, …
    pub(crate) fields: &'static [Field],
}

impl Message {
    /// The field of that number; `None` where a newer format than ours has it.
    pub(crate) fn field(&self, number: u64) -> Option<Field> {
        let row = usize::try_from(number.checked_sub(1)?).ok()?;
        self.fields.get(row).copied()
    }
}

macro_rules! messages {
    ($($module:ident $message:literal { $($name:ident $text:literal = $number:literal $encoding:ident;)* })*) => {
        $(
            #[doc = concat!("Numbers of the fields of ", $message, ".")]
            pub(crate) mod $module {
                use super::{Encoding, Field, Message};
                $(pub(crate) const $name: u64 = $number;)*
                pub(crate) static MESSAGE: Message = Message {
                    name: $message,
                    fields: &[$(Field { name: $text, encoding: Encoding::$encoding }),*],
                };
            }
        )*

        /// Every message with the number of each of its fields.
        #[cfg(test)]
        const ALL: &[(&Message, &[u64])] = &[$((&$module::MESSAGE, &[$($number),*])),*];
    };
}

messages! {
    profile "Profile" {
        SAMPLE_TYPE "sample_type" = 1 Bytes;
        SAMPLE "sample" = 2 Bytes;
        MAPPING "mapping" = 3 Bytes;
        LOCATION "location" = 4 Bytes;
        FUNCTION "function" = 5 Bytes;
        STRING_TABLE "string_table" = 6 Bytes;
        DROP_FRAMES "drop_frames" = 7 Number;
        KEEP_FRAMES "keep_frames" = 8 Number;
        TIME_NANOS "time_nanos" = 9 Number;
        DURATION_NANOS "duration_nanos" = 10 Number;
        PERIOD_TYPE "period_type" = 11 Bytes;
        PERIOD "period" = 12 Number;
        COMMENT "comment" = 13 Numbers;
        DEFAULT_SAMPLE_TYPE "default_sample_type" = 14 Number;
        DOC_URL "doc_url" = 15 Number;
    }
    value_type "ValueType" {
        TYPE "type" = 1 Number;
        UNIT "unit" = 2 Number;
    }
    sample "Sample" {
        LOCATION_ID "location_id" = 1 Numbers;
        VALUE "value" = 2 Numbers;
        LABEL "label" = 3 Bytes;
    }
    label "Label" {
        KEY "key" = 1 Number;
        STR "str" = 2 Number;
        NUM "num" = 3 Number;
        NUM_UNIT "num_unit" = 4 Number;
    }
    mapping "Mapping" {
        ID "id" = 1 Number;
        MEMORY_START "memory_start" = 2 Number;
        MEMORY_LIMIT "memory_limit" = 3 Number;
        FILE_OFFSET "file_offset" = 4 Number;
        FILENAME "filename" = 5 Number;
        BUILD_ID "build_id" = 6 Number;
        HAS_FUNCTIONS "has_functions" = 7 Number;
        HAS_FILENAMES "has_filenames" = 8 Number;
        HAS_LINE_NUMBERS "has_line_numbers" = 9 Number;
        HAS_INLINE_FRAMES "has_inline_frames" = 10 Number;
    }
    location "Location" {
        ID "id" = 1 Number;
        MAPPING_ID "mapping_id" = 2 Number;
        ADDRESS "address" = 3 Number;
        LINE "line" = 4 Bytes;
        IS_FOLDED "is_folded" = 5 Number;
    }
    line "Line" {
        FUNCTION_ID "function_id" = 1 Number;
        LINE "line" = 2 Number;
        COLUMN "column" = 3 Number;
    }
    function "Function" {
        ID "id" = 1 Number;
        NAME "name" = 2 Number;
        SYSTEM_NAME "system_name" = 3 Number;
        FILENAME "filename" = 4 Number;
        START_LINE "start_line" = 5 Number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message with number, name and encoding of each field.
    type Described = (String, Vec<(u64, String, Encoding)>);

    /// The messages as profile.proto has them.
    fn schema() -> Vec<Described> {
        let text = include_str!("../../proto/profile.proto");
        let mut messages: Vec<Described> = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("message ") {
                let name = rest.trim_end_matches(" {").to_string();
                messages.push((name, Vec::new()));
            } else if let (Some((left, number)), false) =
                (line.split_once(" = "), line.starts_with("//"))
            {
                let words: Vec<&str> = left.split(' ').collect();
                let Ok(number) = number.trim_end_matches(';').parse() else {
                    continue;
                };
                let encoding = match words[..] {
                    ["int64" | "uint64" | "bool", _] => Encoding::Number,
                    ["repeated", "int64" | "uint64", _] => Encoding::Numbers,
                    _ => Encoding::Bytes,
                };
                let name = words[words.len() - 1].to_string();
                messages
                    .last_mut()
                    .unwrap()
                    .1
                    .push((number, name, encoding));
            }
        }
        messages
    }

    #[test]
    fn the_table_says_what_the_schema_says() {
        let table: Vec<Described> = ALL
            .iter()
            .map(|(message, numbers)| {
                let fields = numbers.iter().zip(message.fields);
                let fields = fields.map(|(n, f)| (*n, f.name.to_string(), f.encoding));
                (message.name.to_string(), fields.collect())
            })
            .collect();
        assert_eq!(table, schema());
        assert_eq!(table.len(), 8);
    }

    #[test]
    fn fields_are_found_by_their_number() {
        for (message, numbers) in ALL {
            for (number, field) in numbers.iter().zip(message.fields) {
                assert_eq!(message.field(*number), Some(*field));
            }
            assert_eq!(message.field(0), None);
            assert_eq!(message.field(numbers.len() as u64 + 1), None);
            assert_eq!(message.field(u64::MAX), None);
        }
    }
}
