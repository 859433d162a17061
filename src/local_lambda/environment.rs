//! The environment variables of a function's process: those of Lambda, those of the template, and only the requested
//! ones of the caller.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::function::{Function, Runtime, Version};

/// The variable that our own bootstrap client prefers to `AWS_LAMBDA_RUNTIME_API`. Not `RUNWRIGHT_…`: those are settings.
pub(super) const BOOTSTRAP_RUNTIME_API: &str = "_RUNWRIGHT_RUNTIME_API";

/// Directories, Runtime API and `PATH` of a process. Without `Debug`: the path of the Runtime API is in it.
pub(super) struct Place<'p> {
    pub(super) region: &'p str,
    /// Its Runtime API.
    pub(super) runtime_api: RuntimeApiAddress,
    /// The directory with the code.
    pub(super) task_root: &'p Path,
    /// The directory with the runtime clients.
    pub(super) runtime_directory: &'p Path,
    /// The caller's `PATH`: interpreters and tools are found there.
    pub(super) path: &'p OsStr,
    pub(super) log_stream: &'p str,
    /// The program that runs the shell samples' bootstrap.
    pub(super) program: Option<&'p Path>,
    /// Variables of the caller that were requested by name.
    pub(super) passed: &'p [(String, OsString)],
}

/// Where a process finds its Runtime API.
pub(super) struct RuntimeApiAddress {
    /// For any runtime client.
    pub(super) general: String,
    /// With the secret path, which only our own bootstrap client reads.
    pub(super) bootstrap_client: Option<String>,
}

/// All variables of a process for `function`. Later rules win over earlier ones.
pub(super) fn variables(function: &Function, version: Version, place: &Place<'_>) -> BTreeMap<String, OsString> {
    let mut all: BTreeMap<String, OsString> = BTreeMap::new();
    let mut set = |name: &str, value: &OsStr| {
        all.insert(name.to_owned(), value.to_owned());
    };

    // Variables that a template may replace.
    set("LANG", "en_US.UTF-8".as_ref());
    set("TZ", ":UTC".as_ref());
    set("SHLVL", "0".as_ref());
    set("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR".as_ref());
    set("AWS_XRAY_DAEMON_ADDRESS", "169.254.79.129:2000".as_ref());
    let layered =
        |below: &'static str| function.layers.iter().map(move |layer| layer.join(below)).filter(|path| path.is_dir());
    let mut path: Vec<_> = layered("bin").collect();
    path.extend(std::env::split_paths(place.path));
    set("PATH", &std::env::join_paths(path).unwrap_or_else(|_| place.path.to_owned()));
    for (name, below) in [("LD_LIBRARY_PATH", "lib"), ("PYTHONPATH", "python"), ("NODE_PATH", "nodejs/node_modules")] {
        let wanted = match function.runtime {
            Runtime::Python(_) => name != "NODE_PATH",
            Runtime::Node(_) => name != "PYTHONPATH",
            Runtime::Provided(_) | Runtime::Unsupported(_) => name == "LD_LIBRARY_PATH",
        };
        // A path with a colon cannot be in such a list; then it is left out.
        if wanted
            && let Ok(joined) = std::env::join_paths(layered(below))
            && !joined.is_empty()
        {
            set(name, &joined);
        }
    }
    if let Runtime::Python(_) = function.runtime {
        // Compiled modules stay out of the user's directories, as they do on Lambda, where these are read-only.
        set("PYTHONPYCACHEPREFIX", place.runtime_directory.join("pycache").as_os_str());
    }
    for (name, value) in &function.environment {
        set(name, value.as_ref());
    }
    // A passed variable has its current value, which overrides the one of the template.
    for (name, value) in place.passed {
        set(name, value);
    }

    // Variables that are reserved by Lambda.
    let version = version.to_string();
    set("_HANDLER", function.handler.as_ref());
    set("LAMBDA_TASK_ROOT", place.task_root.as_os_str());
    set("LAMBDA_RUNTIME_DIR", place.runtime_directory.as_os_str());
    set("AWS_REGION", place.region.as_ref());
    set("AWS_DEFAULT_REGION", place.region.as_ref());
    set("AWS_LAMBDA_FUNCTION_NAME", function.name.as_ref());
    set("AWS_LAMBDA_FUNCTION_VERSION", version.as_ref());
    set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_megabytes.to_string().as_ref());
    set("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".as_ref());
    set("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name).as_ref());
    set("AWS_LAMBDA_LOG_STREAM_NAME", place.log_stream.as_ref());
    set("AWS_LAMBDA_RUNTIME_API", place.runtime_api.general.as_ref());
    if let Some(address) = &place.runtime_api.bootstrap_client {
        set(BOOTSTRAP_RUNTIME_API, address.as_ref());
    }
    match function.runtime {
        Runtime::Python(_) | Runtime::Node(_) => {
            set("AWS_EXECUTION_ENV", format!("AWS_Lambda_{}", function.runtime).as_ref());
        }
        // Lambda does not set it for these.
        Runtime::Provided(_) | Runtime::Unsupported(_) => {}
    }
    if let Some(program) = place.program {
        set("RUNWRIGHT", program.as_os_str());
    }
    all
}
