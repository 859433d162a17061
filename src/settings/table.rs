//! The flags that are settings: the one list. A row is all that a new one needs.

/// How the name of every variable begins.
pub(super) const PREFIX: &str = "RUNWRIGHT_";

/// The variable that names the file.
pub const FILE_VARIABLE: &str = "RUNWRIGHT_CONFIG";

/// A flag that may also be set in the file and in a variable.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// The flag without its dashes, which is also the key in the file.
    pub name: &'static str,
    /// The type of its values.
    pub kind: SettingType,
}

/// What a value of it is in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingType {
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
    /// A list of paths; in the file relative to the file. One with a scheme (`s3://`) stays as it is.
    Paths,
}

const fn row(name: &'static str, kind: SettingType) -> Setting {
    Setting { name, kind }
}

/// Every setting, in the order in which they are shown.
pub static SETTINGS: &[Setting] = &[
    row("functions", SettingType::Path),
    row("pass-env", SettingType::List),
    row("show-logs", SettingType::Switch),
    row("script-env", SettingType::List),
    row("script-command", SettingType::List),
    row("script-limits", SettingType::Text),
    row("script-payload-limits", SettingType::Text),
    row("scripts-without-credentials", SettingType::Switch),
    row("keep-script-files", SettingType::Switch),
    row("profile", SettingType::Text),
    row("region", SettingType::Text),
    row("endpoint-url", SettingType::Text),
    row("assume-role", SettingType::Text),
    row("aws-models", SettingType::Path),
    row("runbook-path", SettingType::Paths),
    row("attachments", SettingType::Paths),
    row("ssm-parameters", SettingType::Path),
    row("no-input", SettingType::Switch),
    row("output", SettingType::Text),
    row("quiet", SettingType::Switch),
    row("color", SettingType::Text),
    row("retry-delay", SettingType::Amount),
    row("retry-max-delay", SettingType::Amount),
    row("retry-multiplier", SettingType::Number),
    row("retry-jitter", SettingType::Number),
    row("throttle-window", SettingType::Amount),
    row("allow-long-invocations", SettingType::Switch),
    row("max-result-size", SettingType::Amount),
    row("poll-interval", SettingType::Amount),
    row("idempotency-token", SettingType::Switch),
    row("sensitive", SettingType::List),
    row("state-dir", SettingType::Path),
    row("ephemeral", SettingType::Switch),
    row("on-interrupted", SettingType::Text),
    row("on-conflict", SettingType::Text),
    row("no-self-approval", SettingType::Switch),
    row("as-aws-identity", SettingType::Switch),
    row("notify-webhook", SettingType::Text),
    row("notify-command", SettingType::Text),
    row("notify-on", SettingType::Text),
    row("python", SettingType::Path),
    row("pwsh", SettingType::Path),
    row("wheels", SettingType::Path),
    row("strict-runtime", SettingType::Switch),
    row("recover", SettingType::Text),
    row("on-terminate", SettingType::Text),
    row("label", SettingType::List),
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

impl SettingType {
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
