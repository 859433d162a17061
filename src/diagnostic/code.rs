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
    /// The document is larger than a document may be.
    DocumentTooLarge = "document-too-large", Error;
    /// Lists and maps are nested deeper than a document may nest them.
    NestedTooDeep = "nested-too-deep", Error;
    /// Aliases are too many, repeat too much, or stand inside what they repeat.
    Alias = "alias", Error;
    /// The bytes are not UTF-8.
    InvalidUtf8 = "invalid-utf8", Error;
    /// A character that may not stand in a document, such as NUL or escape.
    ControlCharacter = "control-character", Error;
    /// The text has more than one document.
    SeveralDocuments = "several-documents", Error;
    /// A key is a number, a list or anything else that is no text.
    KeyNotText = "key-not-text", Error;
    /// A YAML tag that gives a value a type of its own, such as `!Ref`.
    CustomTag = "custom-tag", Error;
    /// A line of YAML is indented with tabs.
    TabIndentation = "tab-indentation", Error;
    /// The document has nothing in it.
    EmptyDocument = "empty-document", Error;
    /// The document is a list or a single value instead of a map.
    RootNotMap = "root-not-map", Error;
    /// A number that would lose digits, or has no JSON form.
    NumberRange = "number-range", Error;
    /// YAML that readers of version 1.1 and of version 1.2 understand differently.
    AmbiguousYaml = "ambiguous-yaml", Error;

    // -- the shape of a runbook (runbook) ----------------------------------------------------------------
    /// A key that the schema does not know.
    UnknownKey = "unknown-key", Warning;
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
