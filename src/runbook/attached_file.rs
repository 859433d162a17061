//! The files that a runbook declares for its scripts: `files` (spec aws-actions 4.4).

use indexmap::IndexMap;

use crate::diagnostic::Span;

/// The files of a runbook by name, in the order written.
pub type AttachedFiles = IndexMap<String, AttachedFile>;

/// A file that a runbook declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// The SHA-256 sum of its content; `None` when none is declared, and when the declared one is a sample.
    pub sha256: Option<Sha256Sum>,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// The position of its name.
    pub at: Span,
}

/// A SHA-256 sum: 64 hexadecimal digits in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sha256Sum(String);

impl Sha256Sum {
    /// Reads a sum in either letter case; `None` when the text is none, such as the samples of the documentation.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_sum = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_sum.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The sum with these bytes.
    pub fn of_digest(bytes: [u8; 32]) -> Self {
        Self(bytes.iter().fold(String::with_capacity(64), |digits, byte| digits + &format!("{byte:02x}")))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Sha256Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
