//! The operators of comparisons (spec 4.2).

macro_rules! operators {
    ($( $(#[doc = $doc:literal])+ $variant:ident; )+) => {
        /// How a comparison compares its two values.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operator { $( $(#[doc = $doc])+ $variant, )+ }

        impl Operator {
            /// Every operator, in the order of the service's documentation.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The key in a runbook.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => stringify!($variant), )+ }
            }

            /// One line on what it compares.
            pub(crate) const fn about(self) -> &'static str {
                match self { $( Self::$variant => concat!($($doc),+), )+ }
            }
        }
    };
}

operators! {
    /// The texts are the same, letter case included.
    StringEquals;
    /// The texts are the same, whatever the letter case.
    EqualsIgnoreCase;
    /// The text begins with this.
    StartsWith;
    /// The text ends with this.
    EndsWith;
    /// The text has this in it.
    Contains;
    /// The numbers are the same.
    NumericEquals;
    /// The number is greater than this.
    NumericGreater;
    /// The number is less than this.
    NumericLesser;
    /// The number is this or greater.
    NumericGreaterOrEquals;
    /// The number is this or less.
    NumericLesserOrEquals;
    /// The boolean is this.
    BooleanEquals;
}

/// The type that an operator compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operand {
    /// A text.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}

impl Operator {
    pub(crate) fn operand(self) -> Operand {
        match self {
            Self::StringEquals | Self::EqualsIgnoreCase | Self::StartsWith | Self::EndsWith | Self::Contains => {
                Operand::Text
            }
            Self::NumericEquals
            | Self::NumericGreater
            | Self::NumericLesser
            | Self::NumericGreaterOrEquals
            | Self::NumericLesserOrEquals => Operand::Number,
            Self::BooleanEquals => Operand::Boolean,
        }
    }

    pub(crate) fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operator| operator.as_str() == key)
    }
}
