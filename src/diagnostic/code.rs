//! The stable codes: one list, so that a code is never reused and each has a severity.

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The service accepts it and the author will regret it.
    Warning,
    /// The service refuses it, or it cannot be run.
    Error,
}

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $text:literal, $severity:ident; )+) => {
        /// The kind of a problem. The text of a code is part of the interface: scripts match on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $( $(#[doc = $doc])+ $variant, )+ }

        impl Code {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The code as it is shown: `unknown-key`.
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }

            /// The severity of every problem with this code.
            pub const fn severity(self) -> Severity {
                match self { $( Self::$variant => Severity::$severity, )+ }
            }

            /// One line on what the code means (the first line of its documentation).
            pub const fn summary(self) -> &'static str {
                match self { $( Self::$variant => concat!($($doc, "\n"),+), )+ }
            }
        }
    };
}

codes! {
    // -- the text as such (document) ---------------------------------------------------------------------
    /// The text is not well-formed YAML or JSON.
    Syntax = "syntax", Error;
    /// The same key stands twice in one map.
    DuplicateKey = "duplicate-key", Error;

    // -- the shape of a runbook (runbook) ----------------------------------------------------------------
    /// A key that the schema does not know.
    UnknownKey = "unknown-key", Warning;
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
