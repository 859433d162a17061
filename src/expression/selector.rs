//! Selectors: the service's small dialect of JSONPath (spec 2.5).

/// A parsed selector.
#[derive(Debug, Clone)]
pub struct Selector {
    text: String,
}

/// A selector that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SelectorError {
    /// What is wrong.
    pub message: String,
    /// What to write instead, where it is known.
    pub help: Option<String>,
    /// The byte of the selector's text where reading stopped.
    pub offset: usize,
}

impl Selector {
    /// The selector as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
