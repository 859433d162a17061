//! What is known of an action without running it: the columns of the table.

use crate::expression::DataType;

/// One action: its inputs, its outputs, its times.
#[derive(Debug)]
pub struct ActionSpec {
    /// What it does, in one sentence.
    pub about: &'static str,
    /// The inputs that it knows.
    pub inputs: &'static [InputSpec],
    /// Whether it takes inputs beyond these: the parameters of an AWS API.
    pub further_inputs: bool,
    /// The outputs that every step of this action has without declaring them, besides `OutputPayload`.
    pub outputs: &'static [OutputSpec],
    /// The timeout of one attempt when none is declared.
    pub default_timeout_seconds: Option<u64>,
    /// The longest timeout of one attempt.
    pub ceiling_seconds: Option<u64>,
}

impl ActionSpec {
    /// The input of this name.
    pub fn input(&self, name: &str) -> Option<&'static InputSpec> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// Whether a step has this output without declaring it.
    pub fn has_output(&self, name: &str) -> bool {
        name == OUTPUT_PAYLOAD || self.outputs.iter().any(|output| output.name == name)
    }
}

/// The output that every action records: the whole result as JSON text (spec 2.5).
pub const OUTPUT_PAYLOAD: &str = "OutputPayload";

/// One input of an action.
#[derive(Debug)]
pub struct InputSpec {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether the action cannot run without it.
    pub required: bool,
    /// The only values that it can have; empty when any.
    pub values: &'static [&'static str],
    /// Values worth suggesting in an editor; others are possible.
    pub suggested: &'static [&'static str],
    /// What it means, in a sentence.
    pub about: &'static str,
}

impl InputSpec {
    /// Whether any text can be its value, so that the receiver defines the meaning of a reference without a value.
    pub fn takes_any_text(&self) -> bool {
        match self.kind {
            Kind::Text | Kind::Any => self.values.is_empty(),
            Kind::Integer | Kind::Boolean | Kind::List | Kind::Map | Kind::MapList => false,
        }
    }
}

/// What an input holds, when it is no reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text, or a number or boolean that is taken as its text.
    Text,
    /// A whole number, or its text.
    Integer,
    /// `true` or `false`, or its text.
    Boolean,
    /// A list; one scalar means a list of one.
    List,
    /// A map, or its JSON text.
    Map,
    /// A list of maps.
    MapList,
    /// Anything.
    Any,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text => "a text",
            Self::Integer => "a whole number",
            Self::Boolean => "a boolean",
            Self::List => "a list",
            Self::Map => "a map",
            Self::MapList => "a list of maps",
            Self::Any => "a value",
        })
    }
}

/// One output that an action has by itself.
#[derive(Debug)]
pub struct OutputSpec {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub data_type: DataType,
    /// What it holds.
    pub about: &'static str,
}
