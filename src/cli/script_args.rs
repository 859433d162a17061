//! How the scripts of `aws:executeScript` are run.

use clap::{Args, ValueEnum};

use crate::event::ScriptSettings;

/// How scripts are run.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Scripts")]
pub(super) struct ScriptArgs {
    /// Pass this environment variable to scripts (repeatable)
    #[arg(long, value_name = "NAME")]
    script_env: Vec<String>,
    /// A word of the command that runs the interpreter of scripts, such as a sandbox (repeatable)
    #[arg(long, value_name = "WORD", allow_hyphen_values = true)]
    script_command: Vec<String>,
    /// Limits of memory, files and descriptors, as in the service
    #[arg(long, value_name = "WHICH", default_value = "on")]
    script_limits: OnOff,
    /// Limits of the payload of scripts, as in the service: 100 KB, and 100 items of a list
    #[arg(long, value_name = "WHICH", default_value = "on")]
    script_payload_limits: OnOff,
    /// Give scripts no AWS credentials
    #[arg(long)]
    scripts_without_credentials: bool,
    /// Keep the folders of scripts, to look into them
    #[arg(long)]
    keep_script_files: bool,
}

/// Whether something applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnOff {
    /// It applies
    On,
    /// It does not apply
    Off,
}

impl ScriptArgs {
    /// The settings, as the launch records them.
    pub(super) fn settings(&self) -> ScriptSettings {
        ScriptSettings {
            command: self.script_command.clone(),
            pass_env: self.script_env.clone(),
            without_limits: self.script_limits == OnOff::Off,
            without_payload_limits: self.script_payload_limits == OnOff::Off,
            without_credentials: self.scripts_without_credentials,
            keep_files: self.keep_script_files,
        }
    }
}
