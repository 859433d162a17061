//! The flags that are settings: the one list. A row is all that a new one needs.

/// How the name of every variable begins.
pub(super) const PREFIX: &str = "RUNWRIGHT_";

/// The variable that names the file.
pub const FILE_VARIABLE: &str = "RUNWRIGHT_CONFIG";

/// A flag that may also stand in the file and in a variable.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The flag without its dashes, which is also the key in the file.
    pub name: &'static str,
    /// The type of its values.
    pub kind: Kind,
}

/// What a value of it is in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A path; in the file relative to the file.
    Path,
    /// A number.
    Number,
    /// An amount with its unit, a text; a number where the flag takes one.
    Amount,
    /// `true` or `false`.
    Switch,
    /// A list of texts. What the layers list is put together.
    List,
    /// A list of paths; in the file relative to the file.
    Paths,
}

const fn row(name: &'static str, kind: Kind) -> Setting {
    Setting { name, kind }
}

/// Every setting, in the order in which they are shown.
pub static SETTINGS: &[Setting] = &[
    row("functions", Kind::Path),
    row("pass-env", Kind::List),
    row("show-logs", Kind::Switch),
    row("profile", Kind::Text),
    row("region", Kind::Text),
    row("endpoint-url", Kind::Text),
    row("assume-role", Kind::Text),
    row("runbook-path", Kind::Paths),
    row("no-input", Kind::Switch),
    row("output", Kind::Text),
    row("quiet", Kind::Switch),
    row("color", Kind::Text),
    row("retry-delay", Kind::Amount),
    row("retry-max-delay", Kind::Amount),
    row("retry-multiplier", Kind::Number),
    row("retry-jitter", Kind::Number),
    row("throttle-window", Kind::Amount),
    row("allow-long-invocations", Kind::Switch),
    row("max-result-size", Kind::Amount),
    row("idempotency-token", Kind::Switch),
    row("sensitive", Kind::List),
    row("state-dir", Kind::Path),
    row("ephemeral", Kind::Switch),
    row("on-interrupted", Kind::Text),
    row("on-conflict", Kind::Text),
    row("no-self-approval", Kind::Switch),
    row("as-aws-identity", Kind::Switch),
    row("notify-webhook", Kind::Text),
    row("notify-command", Kind::Text),
    row("notify-on", Kind::Text),
    row("recover", Kind::Text),
    row("on-terminate", Kind::Text),
    row("label", Kind::List),
];

impl Setting {
    /// The setting with this key.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }

    /// The setting whose flag has this identifier.
    #[must_use]
    pub fn with_id(id: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name.replace('-', "_") == id)
    }

    /// `--retry-delay`
    #[must_use]
    pub fn flag(&self) -> String {
        format!("--{}", self.name)
    }

    /// The flag under which values of the file and of variables are put below the command line. Names of secrets are
    /// for many runbooks there, so one that a runbook does not have is no mistake.
    #[must_use]
    pub fn layered_flag(&self) -> String {
        match self.name {
            "sensitive" => "--sensitive-if-present".to_owned(),
            _ => self.flag(),
        }
    }

    /// `RUNWRIGHT_RETRY_DELAY`
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{}{}", PREFIX, self.name.replace('-', "_").to_uppercase())
    }
}

impl Kind {
    /// Whether the flag can be given several times.
    #[must_use]
    pub const fn is_list(self) -> bool {
        matches!(self, Self::List | Self::Paths)
    }

    /// What to write in the file.
    #[must_use]
    pub const fn expected(self) -> &'static str {
        match self {
            Self::Text | Self::Path => "a string in quotes",
            Self::Number => "a number",
            Self::Amount => "an amount with its unit, in quotes",
            Self::Switch => "true or false",
            Self::List | Self::Paths => "a list of strings, such as [\"A\", \"B\"]",
        }
    }
}
