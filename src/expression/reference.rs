//! The references that `{{ … }}` can contain (spec 3.1).

use crate::name::{OutputName, ParameterName, StepName, VariableName};

/// One reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference {
    /// `{{ Name }}`: an input parameter.
    Parameter(ParameterName),
    /// `{{ step.Output }}`: an output of a step that has finished.
    StepOutput {
        /// The step.
        step: StepName,
        /// The output.
        output: OutputName,
    },
    /// `{{ variable:name }}`: the current value of a variable.
    Variable(VariableName),
    /// `{{ global:… }}`
    Global(Global),
    /// `{{ automation:EXECUTION_ID }}`
    ExecutionId,
    /// `{{ ssm:name }}`: Parameter Store; in parameter defaults only.
    Ssm(String),
    /// `{{ global:X }}` or `{{ automation:X }}` with an X that the service does not have; the whole name, prefix
    /// included.
    UnknownSystem(String),
}

/// The system variables of `global:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Global {
    /// `yyyy-MM-dd`, UTC, when the referencing step is resolved.
    Date,
    /// `yyyy-MM-dd_HH.mm.ss`, UTC.
    DateTime,
    /// The region of the execution.
    Region,
    /// The account of the execution.
    AccountId,
    /// `aws`, `aws-cn`, …
    AwsPartition,
}

impl Global {
    /// Every system variable of `global:`, in the order of the service's documentation.
    pub const ALL: [Self; 5] = [Self::Date, Self::DateTime, Self::Region, Self::AccountId, Self::AwsPartition];

    /// The name after `global:`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Date => "DATE",
            Self::DateTime => "DATE_TIME",
            Self::Region => "REGION",
            Self::AccountId => "ACCOUNT_ID",
            Self::AwsPartition => "AWS_PARTITION",
        }
    }
}

impl Reference {
    /// Parses the name between `{{` and `}}`, without the space around it; `None` when the name does not fit the
    /// grammar of spec 3.1, and the braces are text.
    ///
    /// Names are letters, digits and `_` (`-` too after `variable:` and after the dot of an output). An underscore fits
    /// in a parameter's name although no declared parameter can have one: it is better to refuse `{{ my_name }}` as
    /// undeclared than to send it to a function literally.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some((prefix, rest)) = name.split_once(':') {
            return match prefix {
                "variable" if is_name(rest, b"_-") => Some(Self::Variable(rest.into())),
                "global" if is_name(rest, b"_") => Some(
                    Global::ALL
                        .into_iter()
                        .find(|global| global.as_str() == rest)
                        .map_or_else(|| Self::UnknownSystem(name.to_owned()), Self::Global),
                ),
                "automation" if rest == "EXECUTION_ID" => Some(Self::ExecutionId),
                "automation" if is_name(rest, b"_") => Some(Self::UnknownSystem(name.to_owned())),
                "ssm" if is_name(rest, b"_-./:") => Some(Self::Ssm(rest.to_owned())),
                _ => None,
            };
        }
        match name.split_once('.') {
            Some((step, output)) if is_name(step, b"_") && is_name(output, b"_-") => {
                Some(Self::StepOutput { step: step.into(), output: output.into() })
            }
            None if is_name(name, b"_") => Some(Self::Parameter(name.into())),
            Some(_) | None => None,
        }
    }
}

/// Whether a text is one or more ASCII letters, digits, or one of `marks`.
fn is_name(text: &str, marks: &[u8]) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte))
}

/// The name between the braces, without space.
impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Parameter(name) => name.fmt(f),
            Self::StepOutput { step, output } => write!(f, "{step}.{output}"),
            Self::Variable(name) => write!(f, "variable:{name}"),
            Self::Global(global) => write!(f, "global:{}", global.as_str()),
            Self::ExecutionId => f.write_str("automation:EXECUTION_ID"),
            Self::Ssm(name) => write!(f, "ssm:{name}"),
            Self::UnknownSystem(name) => f.write_str(name),
        }
    }
}
