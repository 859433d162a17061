//! Scripts of `aws:executeScript` as processes on this machine (spec aws-actions 4).
//!
//! Owns: finding the interpreter, placing the script and its attachment in a private folder, the process of an attempt,
//! its input, result and output. Does not own: the inputs of the step (`runbook`), how its result is evaluated (`actions`).
//! Imports `aws`, `clock`, `files`, `path_search`, `runbook` and `supervisor`.

mod attachment;
mod interpreter;
mod python_check;

pub use attachment::{
    AttachedArchiveError, Attachment, AttachmentError, AttachmentLocation, AttachmentSource, InvalidLocation,
    UnsafeEntryPath,
};
pub use interpreter::{
    Announce, EnvironmentError, FoundInterpreter, Installation, InstalledEnvironment, Interpreter, InterpreterError,
    InterpreterNotice, InterpreterSettings, InterpreterSource, Interpreters, PackageSource, ProgramProblem,
    imports_boto3,
};
pub use python_check::{
    CheckedScript, CheckedScripts, ScriptCheckError, ScriptProblem, check_scripts, find_checking_interpreter,
};
