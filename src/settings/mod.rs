//! Settings of the program: `runwright.toml` and the variables `RUNWRIGHT_…`.
//!
//! Owns: which flags are settings ([`SETTINGS`]), where their values are found ([`find_file`], [`parse_file`],
//! [`read_variables`]), and which value wins ([`resolve`]): a flag before a variable, a variable before the file. Does not
//! own: what values mean. Each is checked by the parser of its flag, which the command line hands in ([`Check`],
//! [`CommandFlags`]). Nothing here knows the parser of the command line, prints or exits.

mod file;
mod layers;
mod location;
mod table;
mod value;
mod variables;

pub use file::{InvalidFile, SettingsFile, parse_file};
pub use layers::{CommandFlags, ResolveError, resolve};
pub use location::{FindFileError, find_file};
pub use table::{FILE_VARIABLE, SETTINGS, Setting, SettingType};
pub use value::{Check, Effective, Given, Refusal, SettingOrigin, Value};
pub use variables::{UnknownVariable, VariableError, Variables, read_variables};
