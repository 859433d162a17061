//! Declared types and the conversions into them (spec 2.5).

/// A type that a parameter, a variable or an output declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum DataType {
    /// A text.
    String,
    /// A list of texts.
    StringList,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A map.
    StringMap,
    /// A list of maps.
    MapList,
}

/// A value that cannot become the declared type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found} cannot become {wanted:?}")]
pub struct ConversionError {
    /// What the value is: `a list of 2`.
    pub found: String,
    /// The declared type.
    pub wanted: DataType,
}
