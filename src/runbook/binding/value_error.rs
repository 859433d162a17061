//! Why a value is not of a declared type.

use std::sync::Arc;

use crate::expression::{DataType, Unresolved};

/// Why a value, or the text of one, is not of a declared type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// It is of another type, and there is no conversion.
    #[error("found {found}, expected {}", example(*.wanted))]
    WrongType {
        /// The kind of value found, in words.
        found: String,
        /// The declared type.
        wanted: DataType,
    },
    /// A list of texts where one value is expected.
    #[error("{wanted} takes one value; found a list of {found}")]
    SeveralValues {
        /// The declared type.
        wanted: DataType,
        /// How many there are.
        found: usize,
    },
    /// The text is not JSON.
    #[error("not valid JSON: {0}")]
    Json(#[from] JsonError),
    /// The shorthand of a map has something else where a key and its value are expected.
    #[error("expected `key=value` at {at:?}; a map is written k1=v1,k2=v2 or as JSON")]
    NoPair {
        /// The text from there on.
        at: String,
    },
    /// The shorthand of a map has a key twice.
    #[error("duplicate key `{key}`")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// The shorthand has a quote without its counterpart.
    #[error("a quote is never closed: {at}")]
    OpenQuote {
        /// The text from the quote on.
        at: String,
    },
    /// The shorthand has something else than a separator after a quoted value.
    #[error("unexpected text after a quoted value: {at}")]
    AfterQuote {
        /// The text from there on.
        at: String,
    },
    /// A reference of a default has no value.
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
}

/// Why a text is not JSON. Two are equal when their messages are.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct JsonError(Arc<serde_json::Error>);

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl PartialEq for JsonError {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for JsonError {}

const fn example(wanted: DataType) -> &'static str {
    match wanted {
        DataType::String => "a text",
        DataType::StringList => r#"a list of texts such as ["a", "b"]"#,
        DataType::Integer => "a whole number",
        DataType::Boolean => "true or false",
        DataType::StringMap => r#"a map such as {"key": "value"}"#,
        DataType::MapList => r#"a list of maps such as [{"key": "value"}]"#,
    }
}
