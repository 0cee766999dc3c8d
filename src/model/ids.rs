//! Typed row numbers of the model's tables.
//!
//! An id is the row's position (from 0) in one table of one [`Profile`](super::Profile); it is
//! not the `id` field of the file, which only `raw` and `proto` show.

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[repr(transparent)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name(u32);

        impl $name {
            /// The id of row `row`; tables are bounded far below `u32::MAX` rows when they are built.
            #[inline(always)]
            pub(crate) const fn new(row: u32) -> Self {
                Self(row)
            }

            /// The row number.
            pub(crate) const fn row(self) -> u32 {
                self.0
            }

            /// The row number as an index into the table's columns.
            #[inline(always)]
            pub(crate) const fn at(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

index! {
    /// A string of the profile's string table; equal texts have equal ids once a profile is built.
    Str,
    /// A row of [`Locations`](super::Locations).
    LocationId,
    /// A row of [`Functions`](super::Functions).
    FunctionId,
    /// A row of the mappings; row 0 is the main binary.
    MappingId,
    /// A distinct list of labels; numbered in the order in which samples first use them.
    LabelSetId,
}

impl Str {
    /// The empty string, which every string table starts with.
    pub(crate) const EMPTY: Str = Str(0);
}
