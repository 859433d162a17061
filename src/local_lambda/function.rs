//! A function of a template, and the names that callers use for it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::template::TemplateProblem;

/// A Lambda function whose code is on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The key of its resource in the template.
    pub logical_id: String,
    /// `FunctionName`, else the logical id.
    pub name: String,
    /// Its description; may be empty.
    pub description: String,
    /// The runtime.
    pub runtime: Runtime,
    /// The handler as written; meaningless to `provided.*`, which finds it in `_HANDLER`.
    pub handler: String,
    /// Where the code is.
    pub code: FunctionCode,
    /// The timeout of one invocation: 1 to 900 seconds.
    pub timeout: Duration,
    /// Memory in megabytes. The function gets the number; it is not enforced here.
    pub memory_megabytes: u32,
    /// Variables of the template.
    pub environment: IndexMap<String, String>,
    /// Unpacked layers, first to last.
    pub layers: Vec<PathBuf>,
    /// `ReservedConcurrentExecutions`: the concurrency limit of the function; `None` means only the total one.
    pub reserved_concurrency: Option<u32>,
    /// Retries of a failed `Event`: 0 to 2.
    pub event_retries: u8,
    /// How many versions are published: they are `1` to this number, and all have the code of `$LATEST`.
    pub published_versions: u32,
    /// Aliases and the versions they point to.
    pub aliases: IndexMap<String, Version>,
}

/// The runtime of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Runtime {
    /// `provided.*`: the package's own `bootstrap`.
    Provided(String),
    /// `python3.x`: the text after `python`.
    Python(String),
    /// `nodejsN.x`: the text after `nodejs`.
    Node(String),
    /// One that cannot be run here (java, dotnet, ruby, container images); the identifier as written.
    Unsupported(String),
}

/// Where the code of a function is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionCode {
    /// A directory with the unpacked code.
    Directory(PathBuf),
    /// The text of the only file, named `index`.
    Inline(String),
    /// Not on this machine; the text is why, and what to do.
    Unavailable(String),
}

/// A version of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// `$LATEST`.
    Latest,
    /// A published version; the first is 1.
    Published(u32),
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("$LATEST"),
            Self::Published(number) => write!(f, "{number}"),
        }
    }
}

impl Runtime {
    /// Reads an identifier such as `python3.12`.
    pub fn new(identifier: &str) -> Self {
        if identifier.starts_with("provided") {
            Self::Provided(identifier.to_owned())
        } else if let Some(version) = identifier.strip_prefix("python3.") {
            Self::Python(format!("3.{version}"))
        } else if let Some(version) = identifier.strip_prefix("nodejs") {
            Self::Node(version.to_owned())
        } else {
            Self::Unsupported(identifier.to_owned())
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provided(identifier) | Self::Unsupported(identifier) => f.write_str(identifier),
            Self::Python(version) => write!(f, "python{version}"),
            Self::Node(version) => write!(f, "nodejs{version}"),
        }
    }
}

impl Function {
    /// The reason why this function cannot run on this machine now, with the remedy; none if there is no known reason.
    /// Reads the file system.
    pub fn unavailable(&self) -> Option<String> {
        if let Runtime::Unsupported(identifier) = &self.runtime {
            return Some(format!(
                "the runtime `{identifier}` cannot run on this machine; supported runtimes are provided.*, python3.* and nodejs*"
            ));
        }
        match &self.code {
            FunctionCode::Unavailable(reason) => Some(reason.clone()),
            FunctionCode::Directory(path) if !path.is_dir() => Some(format!(
                "its code directory `{}` does not exist; build the function, or correct `CodeUri`",
                path.display()
            )),
            FunctionCode::Directory(path)
                if matches!(self.runtime, Runtime::Provided(_)) && !path.join("bootstrap").is_file() =>
            {
                Some(missing_bootstrap(path))
            }
            FunctionCode::Directory(_) => None,
            FunctionCode::Inline(_) => match self.runtime {
                Runtime::Provided(_) => Some("inline code works with python and nodejs only; use `CodeUri`".to_owned()),
                Runtime::Python(_) | Runtime::Node(_) | Runtime::Unsupported(_) => None,
            },
        }
    }

    /// The version that a qualifier means (a version, an alias, `$LATEST`); none if it has no such thing.
    pub fn version(&self, qualifier: Option<&str>) -> Option<Version> {
        match qualifier {
            None | Some("$LATEST") => Some(Version::Latest),
            Some(text) => match text.parse() {
                Ok(number) => (1..=self.published_versions).contains(&number).then_some(Version::Published(number)),
                Err(_) => self.aliases.get(text).copied(),
            },
        }
    }
}

/// What to do about a `provided.*` package that was not built.
pub(super) fn missing_bootstrap(directory: &Path) -> String {
    format!(
        "there is no file `bootstrap` in `{}`; build the function first (for example with `cargo lambda build`, or with \
         `sam build` and then use `.aws-sam/build/template.yaml`)",
        directory.display()
    )
}

/// The functions of one template.
#[derive(Debug, Clone)]
pub struct Functions {
    pub(super) all: Vec<Arc<Function>>,
    pub(super) warnings: Vec<TemplateProblem>,
    pub(super) region: String,
    pub(super) account_id: String,
}

impl Functions {
    /// All functions, in the order of the template.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Function>> {
        self.all.iter()
    }

    /// Warnings: settings of the template that have no effect here, and assumed values.
    pub fn warnings(&self) -> &[TemplateProblem] {
        &self.warnings
    }

    /// The function with this name or logical id (the name wins).
    pub fn named(&self, name: &str) -> Option<&Arc<Function>> {
        let by_name = self.all.iter().find(|function| function.name == name);
        by_name.or_else(|| self.all.iter().find(|function| function.logical_id == name))
    }

    /// The function that a caller means: a name, a partial or whole ARN, each with or without a qualifier.
    /// The account and the region in an ARN are ignored: a runbook that names a function of production finds the one of
    /// the same name here.
    pub fn find(&self, reference: &str) -> Option<&Arc<Function>> {
        self.named(&FunctionIdentifier::parse(reference)?.name)
    }

    /// The account ID that functions see.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The ARN of a function here, or of one that is missing.
    pub fn arn(&self, name: &str, qualifier: Option<&str>) -> String {
        arn(&self.region, &self.account_id, name, qualifier)
    }
}

pub(super) fn arn(region: &str, account_id: &str, name: &str, qualifier: Option<&str>) -> String {
    let mut arn = format!("arn:aws:lambda:{region}:{account_id}:function:{name}");
    if let Some(qualifier) = qualifier {
        arn.push(':');
        arn.push_str(qualifier);
    }
    arn
}

/// How a caller names a function: spec section 7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionIdentifier {
    /// The bare name.
    pub name: String,
    /// The version or alias behind it.
    pub qualifier: Option<String>,
}

impl FunctionIdentifier {
    /// Reads `name`, `name:qualifier`, `account:function:name`, or an ARN; none if it is none of these.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 256 {
            return None;
        }
        let mut parts: Vec<&str> = text.split(':').collect();
        if parts.first() == Some(&"arn") {
            if parts.len() < 7 || parts.get(2) != Some(&"lambda") {
                return None;
            }
            parts.drain(..3);
        }
        let prefixes: [fn(&str) -> bool; 3] = [is_region, is_account, |part| part == "function"];
        for is_prefix in prefixes {
            if parts.len() > 1 && parts.first().is_some_and(|part| is_prefix(part)) {
                parts.remove(0);
            }
        }
        let (name, qualifier) = match parts.as_slice() {
            [name] => (*name, None),
            [name, qualifier] => (*name, Some(*qualifier)),
            _ => return None,
        };
        let name_is_right = !name.is_empty()
            && name.len() <= 140
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let qualifier_is_right = qualifier.is_none_or(is_qualifier);
        (name_is_right && qualifier_is_right)
            .then(|| Self { name: name.to_owned(), qualifier: qualifier.map(ToOwned::to_owned) })
    }
}

/// Whether a text can be a qualifier.
pub(super) fn is_qualifier(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    matches!(text, "$LATEST" | "$LATEST.PUBLISHED") || ((1..=128).contains(&text.len()) && text.chars().all(plain))
}

fn is_account(part: &str) -> bool {
    part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_region(part: &str) -> bool {
    let mut pieces = part.split('-');
    let first = pieces.next().is_some_and(|piece| piece.len() == 2 && piece.bytes().all(|b| b.is_ascii_lowercase()));
    let last = pieces.next_back().is_some_and(|piece| piece.len() == 1 && piece.bytes().all(|b| b.is_ascii_digit()));
    first && last && (1..=2).contains(&pieces.count())
}
