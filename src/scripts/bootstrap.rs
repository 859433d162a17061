//! The programs that call scripts, each in the language of the script.
//!
//! That of Python is sent over the channel, before the request: as a text, and compiled where the interpreter has compiled
//! it when it was asked for its version. A short program that is compiled each time runs it.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const PYTHON: &str = include_str!("bootstrap.py");
/// The part of it that is loaded only where it is needed.
const PYTHON_FAILURES: &str = include_str!("bootstrap_failures.py");

/// Loads the program that calls a Python script.
pub(super) const PYTHON_LOADER: &str =
    concat!(include_str!("bootstrap_version.py"), include_str!("bootstrap_loader.py"));

/// Prints the compiled program that calls a Python script. Its arguments are [`PYTHON_SOURCES`].
pub(super) const PYTHON_COMPILER: &str =
    concat!(include_str!("bootstrap_version.py"), include_str!("bootstrap_compile.py"));

/// What is compiled.
pub(super) const PYTHON_SOURCES: [&str; 2] = [PYTHON, PYTHON_FAILURES];

/// Calls a PowerShell script.
pub(super) const POWERSHELL: &str = include_str!("bootstrap.ps1");

/// The program that calls a Python script, as an interpreter has compiled it. It begins with the version of that interpreter;
/// another one compiles the text.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct CompiledBootstrap(Arc<[u8]>);

impl CompiledBootstrap {
    /// From what [`PYTHON_COMPILER`] prints.
    pub(super) fn from_text(text: &str) -> Self {
        Self(STANDARD.decode(text).unwrap_or_default().into())
    }
}

impl fmt::Debug for CompiledBootstrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompiledBootstrap({} bytes)", self.0.len())
    }
}

/// Identifies what is compiled: another release of this program has other sources.
pub(super) fn python_digest() -> String {
    // Six bytes tell the sources of all releases apart.
    let digest = PYTHON_SOURCES.into_iter().fold(Sha256::new(), Sha256::chain_update);
    digest.finalize().iter().take(6).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// The input of [`PYTHON_LOADER`]: three parts, each behind its length in four bytes, and the request.
pub(super) fn python_input(compiled: &CompiledBootstrap, request: &Value) -> Vec<u8> {
    let mut input = Vec::new();
    for part in [&*compiled.0, PYTHON.as_bytes(), PYTHON_FAILURES.as_bytes()] {
        // Each has some kilobytes.
        input.extend(u32::try_from(part.len()).unwrap_or_default().to_be_bytes());
        input.extend(part);
    }
    input.extend(request.to_string().into_bytes());
    input
}
