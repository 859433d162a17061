//! `aws:executeScript`: its runtimes, and checks of the combination of its inputs (spec 4.8, spec aws-actions 4).

use std::fmt;
use std::str::FromStr;

use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::inputs::ConstantInputs;
use crate::runbook::load::Constant;

/// The language of a script, and its version: the input `Runtime` (spec aws-actions 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ScriptRuntime {
    /// `python3.11`
    Python {
        /// The minor version: 11.
        minor: u16,
    },
    /// `PowerShell 7.4`, and the older `PowerShell Core 6.0`.
    PowerShell {
        /// The text of the input.
        text: String,
    },
}

/// A value of `Runtime` that names no runtime.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no runtime of scripts: use `python3.11` or `PowerShell 7.4`")]
pub struct UnknownScriptRuntime {
    text: String,
}

impl FromStr for ScriptRuntime {
    type Err = UnknownScriptRuntime;

    fn from_str(text: &str) -> Result<Self, UnknownScriptRuntime> {
        let unknown = || UnknownScriptRuntime { text: text.to_owned() };
        if let Some(minor) = text.strip_prefix("python3.") {
            let is_number = minor.bytes().all(|byte| byte.is_ascii_digit());
            return minor.parse().ok().filter(|_| is_number).map(|minor| Self::Python { minor }).ok_or_else(unknown);
        }
        let version = text.strip_prefix("PowerShell Core ").or_else(|| text.strip_prefix("PowerShell "));
        let is_version = |version: &str| {
            version.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        match version {
            Some(version) if is_version(version) => Ok(Self::PowerShell { text: text.to_owned() }),
            Some(_) | None => Err(unknown()),
        }
    }
}

impl fmt::Display for ScriptRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python { minor } => write!(f, "python3.{minor}"),
            Self::PowerShell { text } => f.write_str(text),
        }
    }
}

/// Reports inputs with which the step can only fail.
pub(crate) fn check(inputs: &mut dyn ConstantInputs<'_>) {
    if inputs.get("Script").is_none() && inputs.get("Attachment").is_none() {
        inputs.report(
            Diagnostic::new(
                Code::MissingInput,
                inputs.span(),
                "`aws:executeScript` needs the input `Script` or `Attachment`",
            )
            .help("`Script` holds the script itself, `Attachment` names one of `files`"),
        );
    }
    if inputs.get("Handler").is_none()
        && let Some(runtime) = inputs.get("Runtime")
        && let Constant::Value(text) = Constant::text(inputs.template("Runtime"))
        && text.starts_with("python")
    {
        inputs.report(
            Diagnostic::new(Code::MissingInput, inputs.span(), "a Python script needs the input `Handler`")
                .related(runtime.value.span, "Python")
                .help("name the function of the script to call with the payload and a context"),
        );
    }
}
