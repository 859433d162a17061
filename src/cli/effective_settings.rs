//! The settings of a command, as they were found.

use crate::settings::{Effective, UnknownVariable};

/// What the settings of this command are.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    /// The file that was read, as it is shown.
    pub(super) file: Option<String>,
    /// The settings that the command has, in the order of the table.
    pub(super) settings: Vec<Effective>,
    pub(super) unknown_variables: Vec<UnknownVariable>,
}
