//! Values of settings, and where they come from.

use super::table::Setting;
use crate::diagnostic::Span;

/// A value of a setting, below the flags.
#[derive(Debug)]
pub struct Given {
    /// The setting.
    pub setting: &'static Setting,
    /// The value as the flag takes it.
    pub text: String,
    /// Its origin.
    pub origin: SettingOrigin,
}

/// Where a value comes from. A later variant is stronger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingOrigin {
    /// The default of the flag.
    Default,
    /// The file.
    File {
        /// The name of the file, as it is shown.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The position of the key.
        span: Span,
    },
    /// The variable with this name.
    Variable(String),
    /// The flag with this name.
    Flag(String),
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The value as the flag takes it.
    pub text: String,
    /// Where it comes from.
    pub origin: SettingOrigin,
}

/// A setting as a command has it.
#[derive(Debug)]
pub struct Effective {
    /// The setting.
    pub setting: &'static Setting,
    /// One value, or those of a list; none where nothing is set and there is no default.
    pub values: Vec<Value>,
    /// The setting of higher precedence that excludes this one.
    pub set_aside_by: Option<&'static Setting>,
}

/// Why a value is refused: what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What to write, a sentence each.
    pub help: Vec<String>,
}

/// Whether the flag of a setting takes a value.
pub type Check<'a> = &'a dyn Fn(&Setting, &str) -> Result<(), Refusal>;

impl SettingOrigin {
    /// Its position in the file.
    pub(super) fn span(&self) -> Option<Span> {
        match self {
            Self::File { span, .. } => Some(*span),
            Self::Default | Self::Variable(_) | Self::Flag(_) => None,
        }
    }

    /// Which origin wins.
    pub(super) const fn strength(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::File { .. } => 1,
            Self::Variable(_) => 2,
            Self::Flag(_) => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SettingOrigin;
    use crate::diagnostic::Span;

    #[test]
    fn a_flag_is_stronger_than_a_variable_and_a_variable_than_the_file() {
        let file = SettingOrigin::File { file: "runwright.toml".to_owned(), line: 1, span: Span::new(0, 1) };
        let origins = [
            SettingOrigin::Default,
            file,
            SettingOrigin::Variable("A".to_owned()),
            SettingOrigin::Flag("--a".to_owned()),
        ];
        assert_eq!(origins.map(|origin| origin.strength()), [0, 1, 2, 3]);
    }
}
